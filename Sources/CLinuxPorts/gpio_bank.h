/* What differs between the versions of libgpiod. Functions return -errno when they fail. */
#ifndef GPIO_BANK_H
#define GPIO_BANK_H

#include "include/clp_gpio.h"

struct gpio_bank;

int gpio_bank_open(const char *path, const char *consumer, const struct clp_gpio_output *outputs, int output_count,
                   const uint32_t *inputs, int input_count, struct gpio_bank **opened, int *refused);
int gpio_bank_set(struct gpio_bank *bank, uint32_t line, bool level);
int gpio_bank_get(struct gpio_bank *bank, uint32_t line);
/* Descriptors that become readable with edges; the count does not change. */
int gpio_bank_source_count(const struct gpio_bank *bank);
int gpio_bank_source(const struct gpio_bank *bank, int index);

enum { gpio_bank_most = 64 };
/* Reads up to `gpio_bank_most` edges of a readable source. `lost` becomes true when edges before these, or among
   them, were lost or may have been. */
int gpio_bank_read(struct gpio_bank *bank, int index, struct clp_gpio_edge *edges, bool *lost);
void gpio_bank_close(struct gpio_bank *bank);

static inline void gpio_copy(char *to, const char *from) {
  int i = 0;
  for (; from && from[i] && i < clp_gpio_text - 1; i++) to[i] = from[i];
  to[i] = 0;
}

#endif
