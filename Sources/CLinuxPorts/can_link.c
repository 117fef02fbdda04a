#define _GNU_SOURCE
#include "CLinuxPorts.h"

#include <errno.h>
#include <linux/can/netlink.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Walks attributes; calls `take` for each. */
static void each(struct rtattr *first, int length, struct clp_can_link *link,
                 void (*take)(struct rtattr *, struct clp_can_link *)) {
  for (struct rtattr *one = first; RTA_OK(one, length); one = RTA_NEXT(one, length)) take(one, link);
}

static uint32_t word(const struct rtattr *attribute, size_t offset) {
  uint32_t value = 0;
  if (RTA_PAYLOAD(attribute) >= offset + sizeof value)
    memcpy(&value, (const char *)RTA_DATA(attribute) + offset, sizeof value);
  return value;
}

static void of_controller(struct rtattr *attribute, struct clp_can_link *link) {
  link->has_controller = true;
  switch (attribute->rta_type & NLA_TYPE_MASK) {
  case IFLA_CAN_STATE: link->state = word(attribute, 0); break;
  case IFLA_CAN_BITTIMING: link->bit_rate = word(attribute, 0); break;
  case IFLA_CAN_CTRLMODE:
    link->is_listen_only = (word(attribute, offsetof(struct can_ctrlmode, flags)) & CAN_CTRLMODE_LISTENONLY) != 0;
    break;
  default: break;
  }
}

static void of_kind(struct rtattr *attribute, struct clp_can_link *link) {
  if ((attribute->rta_type & NLA_TYPE_MASK) == IFLA_INFO_DATA)
    each(RTA_DATA(attribute), (int)RTA_PAYLOAD(attribute), link, of_controller);
}

static void of_interface(struct rtattr *attribute, struct clp_can_link *link) {
  if ((attribute->rta_type & NLA_TYPE_MASK) == IFLA_LINKINFO)
    each(RTA_DATA(attribute), (int)RTA_PAYLOAD(attribute), link, of_kind);
}

static int understood(char *answer, ssize_t count, struct clp_can_link *link) {
  struct nlmsghdr *header = (struct nlmsghdr *)answer;
  if (!NLMSG_OK(header, (unsigned)count)) return -EPROTO;
  if (header->nlmsg_type == NLMSG_ERROR) {
    int error = ((struct nlmsgerr *)NLMSG_DATA(header))->error;
    return error < 0 ? error : -EPROTO;
  }
  if (header->nlmsg_type != RTM_NEWLINK) return -EPROTO;
  struct ifinfomsg *information = NLMSG_DATA(header);
  if (information->ifi_type != ARPHRD_CAN) return -EPROTOTYPE;
  memset(link, 0, sizeof *link);
  link->is_up = (information->ifi_flags & IFF_UP) != 0;
  each(IFLA_RTA(information), (int)IFLA_PAYLOAD(header), link, of_interface);
  return 0;
}

int clp_can_look(const char *name, struct clp_can_link *link) {
  unsigned index = if_nametoindex(name);
  if (index == 0) return -ENODEV;
  int descriptor = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (descriptor < 0) return -errno;
  struct {
    struct nlmsghdr header;
    struct ifinfomsg information;
  } request = {
      .header = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)),
                 .nlmsg_type = RTM_GETLINK,
                 .nlmsg_flags = NLM_F_REQUEST},
      .information = {.ifi_family = AF_UNSPEC, .ifi_index = (int)index},
  };
  _Alignas(struct nlmsghdr) char answer[16384];
  ssize_t count = send(descriptor, &request, request.header.nlmsg_len, 0);
  if (count >= 0) count = recv(descriptor, answer, sizeof answer, 0);
  int result = count < 0 ? -errno : understood(answer, count, link);
  close(descriptor);
  return result;
}
