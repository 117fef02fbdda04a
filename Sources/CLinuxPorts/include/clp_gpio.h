/* Digital lines through libgpiod, the same for its versions 1.6 and 2. Functions return -errno when they fail. Apart
   from the thread that collects edges nothing here may be called from two threads at once. */
#ifndef C_LINUX_PORTS_GPIO_H
#define C_LINUX_PORTS_GPIO_H

#include <stdbool.h>
#include <stdint.h>

enum { clp_gpio_text = 64 };

struct clp_gpio_chip {
  char name[clp_gpio_text];
  char label[clp_gpio_text];
  uint32_t lines;
};

/* What a line is used for by somebody else. */
struct clp_gpio_use {
  bool used;
  char name[clp_gpio_text];
  char consumer[clp_gpio_text];
};

struct clp_gpio_output {
  uint32_t line;
  bool level;
};

struct clp_gpio_edge {
  /* CLOCK_MONOTONIC, nanoseconds. */
  int64_t at;
  uint32_t line;
  bool level;
};

struct clp_gpio;

/* Says what stands at a device file; changes nothing. */
int clp_gpio_look(const char *path, struct clp_gpio_chip *chip);
int clp_gpio_look_line(const char *path, uint32_t line, struct clp_gpio_use *use);

/* Takes the lines: each output at its level from the first moment, edges of each input from now on. On failure
   nothing is held and `refused` is the line in question, or -1. */
int clp_gpio_open(const char *path, const char *consumer, const struct clp_gpio_output *outputs, int output_count,
                  const uint32_t *inputs, int input_count, struct clp_gpio **opened, int *refused);
int clp_gpio_set(struct clp_gpio *lines, uint32_t line, bool level);
/* 0 or 1. */
int clp_gpio_get(struct clp_gpio *lines, uint32_t line);
/* Hands over the oldest edges and returns how many. -EOVERFLOW when edges were lost, or may have been: from then on
   always, because the record has a gap. Other errors (-ENODEV when the chip is gone) come after the edges before. */
int clp_gpio_take(struct clp_gpio *lines, struct clp_gpio_edge *edges, int capacity);
/* Drives every output to the level it was opened with, then lets go of the lines. */
void clp_gpio_close(struct clp_gpio *lines);

/* The major version of libgpiod's interface this was built for. */
int clp_gpio_interface(void);

#endif
