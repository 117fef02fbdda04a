#define _GNU_SOURCE
#include "gpio_bank.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Edges kept until somebody asks for them; as many as the driver above keeps. 16 MB. */
enum { queue_most = 1 << 20 };

struct clp_gpio {
  struct gpio_bank *bank;
  struct clp_gpio_output *outputs;
  int output_count;
  /* Sources of the bank, and last an event that ends the thread. */
  struct pollfd *sources;
  int source_count;
  pthread_t thread;
  bool has_thread;

  /* Guards what follows, and reading from the sources. */
  pthread_mutex_t lock;
  struct clp_gpio_edge *queue;
  int queued, queue_size;
  bool lost;
  /* What ended the collecting, positive. */
  int error;
};

static void keep(struct clp_gpio *lines, const struct clp_gpio_edge *edges, int count) {
  if (lines->queued + count > lines->queue_size) {
    int size = lines->queue_size ? lines->queue_size * 2 : 1024;
    struct clp_gpio_edge *grown =
        size <= queue_most ? realloc(lines->queue, (size_t)size * sizeof *grown) : NULL;
    if (!grown) {
      lines->lost = true;
      return;
    }
    lines->queue = grown;
    lines->queue_size = size;
  }
  memcpy(lines->queue + lines->queued, edges, (size_t)count * sizeof *edges);
  lines->queued += count;
}

/* Moves everything that the kernel has into the queue. With the lock held. */
static void drain(struct clp_gpio *lines) {
  for (int i = 0; i < lines->source_count && lines->error == 0; i++) {
    struct pollfd source = {.fd = lines->sources[i].fd, .events = POLLIN};
    while (lines->error == 0 && poll(&source, 1, 0) > 0) {
      if (!(source.revents & POLLIN)) {
        lines->error = ENODEV;
        break;
      }
      struct clp_gpio_edge edges[gpio_bank_most];
      int count = gpio_bank_read(lines->bank, i, edges, &lines->lost);
      if (count == -EAGAIN || count == -EINTR) continue;
      if (count < 0) lines->error = -count;
      if (count > 0) keep(lines, edges, count);
    }
  }
}

static void *collect(void *argument) {
  struct clp_gpio *lines = argument;
  pthread_setname_np(pthread_self(), "gpio edges");
  bool going = true;
  while (going) {
    int ready = poll(lines->sources, (nfds_t)lines->source_count + 1, -1);
    if (ready < 0 && errno != EINTR) break;
    if (lines->sources[lines->source_count].revents) break;
    pthread_mutex_lock(&lines->lock);
    drain(lines);
    going = lines->error == 0;
    pthread_mutex_unlock(&lines->lock);
  }
  return NULL;
}

static int start_thread(struct clp_gpio *lines) {
  lines->source_count = gpio_bank_source_count(lines->bank);
  if (lines->source_count == 0) return 0;
  lines->sources = calloc((size_t)lines->source_count + 1, sizeof *lines->sources);
  if (!lines->sources) return -ENOMEM;
  for (int i = 0; i < lines->source_count; i++) {
    lines->sources[i].fd = gpio_bank_source(lines->bank, i);
    lines->sources[i].events = POLLIN;
  }
  int end = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (end < 0) return -errno;
  lines->sources[lines->source_count].fd = end;
  lines->sources[lines->source_count].events = POLLIN;

  /* Signals belong to the threads that expect them. */
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  /* Ahead of everything else where the computer allows it: the kernel's queues are short. */
  pthread_attr_t urgent;
  struct sched_param priority = {.sched_priority = 1};
  pthread_attr_init(&urgent);
  pthread_attr_setinheritsched(&urgent, PTHREAD_EXPLICIT_SCHED);
  pthread_attr_setschedpolicy(&urgent, SCHED_FIFO);
  pthread_attr_setschedparam(&urgent, &priority);
  int error = pthread_create(&lines->thread, &urgent, collect, lines);
  if (error) error = pthread_create(&lines->thread, NULL, collect, lines);
  pthread_attr_destroy(&urgent);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  lines->has_thread = error == 0;
  return -error;
}

int clp_gpio_open(const char *path, const char *consumer, const struct clp_gpio_output *outputs, int output_count,
                  const uint32_t *inputs, int input_count, struct clp_gpio **opened, int *refused) {
  *refused = -1;
  struct clp_gpio *lines = calloc(1, sizeof *lines);
  if (!lines) return -ENOMEM;
  pthread_mutex_init(&lines->lock, NULL);
  lines->outputs = calloc((size_t)output_count + 1, sizeof *lines->outputs);
  int result = lines->outputs ? 0 : -ENOMEM;
  if (result == 0) {
    result = gpio_bank_open(path, consumer, outputs, output_count, inputs, input_count, &lines->bank, refused);
  }
  if (result == 0) {
    lines->output_count = output_count;
    for (int i = 0; i < output_count; i++) lines->outputs[i] = outputs[i];
    result = start_thread(lines);
  }
  if (result < 0) {
    clp_gpio_close(lines);
    return result;
  }
  *opened = lines;
  return 0;
}

int clp_gpio_set(struct clp_gpio *lines, uint32_t line, bool level) { return gpio_bank_set(lines->bank, line, level); }
int clp_gpio_get(struct clp_gpio *lines, uint32_t line) { return gpio_bank_get(lines->bank, line); }

int clp_gpio_take(struct clp_gpio *lines, struct clp_gpio_edge *edges, int capacity) {
  pthread_mutex_lock(&lines->lock);
  drain(lines);
  int count = lines->queued < capacity ? lines->queued : capacity;
  if (lines->lost) {
    count = -EOVERFLOW;
  } else if (count > 0) {
    memcpy(edges, lines->queue, (size_t)count * sizeof *edges);
    lines->queued -= count;
    memmove(lines->queue, lines->queue + count, (size_t)lines->queued * sizeof *edges);
  } else if (lines->error) {
    count = -lines->error;
  }
  pthread_mutex_unlock(&lines->lock);
  return count;
}

void clp_gpio_close(struct clp_gpio *lines) {
  /* First of all, and each of them whatever happens to the others. */
  for (int i = 0; i < lines->output_count; i++) {
    gpio_bank_set(lines->bank, lines->outputs[i].line, lines->outputs[i].level);
  }
  if (lines->has_thread) {
    uint64_t one = 1;
    ssize_t written = write(lines->sources[lines->source_count].fd, &one, sizeof one);
    (void)written;
    pthread_join(lines->thread, NULL);
  }
  if (lines->sources) {
    int end = lines->sources[lines->source_count].fd;
    if (end > 0) close(end);
  }
  if (lines->bank) gpio_bank_close(lines->bank);
  pthread_mutex_destroy(&lines->lock);
  free(lines->outputs);
  free(lines->sources);
  free(lines->queue);
  free(lines);
}
