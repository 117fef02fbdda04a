#include <gpiod.h>

/* Only version 1 has this macro; neither has one for its version. */
#ifdef GPIOD_LINE_BULK_MAX_LINES
#include "gpio_bank.h"

#include <errno.h>
#include <stdlib.h>

/* One request for each line: a refusal then names its line, and each input has a queue of its own in the kernel. */
struct gpio_bank {
  struct gpiod_chip *chip;
  int input_count;
  struct gpiod_line **inputs;
  uint32_t *input_lines;
};

int clp_gpio_interface(void) { return 1; }

int clp_gpio_look(const char *path, struct clp_gpio_chip *chip) {
  struct gpiod_chip *opened = gpiod_chip_open(path);
  if (!opened) return -errno;
  gpio_copy(chip->name, gpiod_chip_name(opened));
  gpio_copy(chip->label, gpiod_chip_label(opened));
  chip->lines = gpiod_chip_num_lines(opened);
  gpiod_chip_close(opened);
  return 0;
}

int clp_gpio_look_line(const char *path, uint32_t line, struct clp_gpio_use *use) {
  struct gpiod_chip *opened = gpiod_chip_open(path);
  if (!opened) return -errno;
  struct gpiod_line *found = gpiod_chip_get_line(opened, line);
  int result = found ? 0 : -errno;
  if (found) {
    use->used = gpiod_line_is_used(found);
    gpio_copy(use->name, gpiod_line_name(found));
    gpio_copy(use->consumer, gpiod_line_consumer(found));
  }
  gpiod_chip_close(opened);
  return result;
}

static int request(struct gpio_bank *bank, const char *consumer, const struct clp_gpio_output *outputs,
                   int output_count, int *refused) {
  for (int i = 0; i < output_count; i++) {
    *refused = (int)outputs[i].line;
    struct gpiod_line *line = gpiod_chip_get_line(bank->chip, outputs[i].line);
    if (!line || gpiod_line_request_output(line, consumer, outputs[i].level) < 0) return -errno;
  }
  for (int i = 0; i < bank->input_count; i++) {
    *refused = (int)bank->input_lines[i];
    struct gpiod_line *line = gpiod_chip_get_line(bank->chip, bank->input_lines[i]);
    if (!line || gpiod_line_request_both_edges_events(line, consumer) < 0) return -errno;
    bank->inputs[i] = line;
  }
  *refused = -1;
  return 0;
}

int gpio_bank_open(const char *path, const char *consumer, const struct clp_gpio_output *outputs, int output_count,
                   const uint32_t *inputs, int input_count, struct gpio_bank **opened, int *refused) {
  *refused = -1;
  struct gpio_bank *bank = calloc(1, sizeof *bank);
  if (!bank) return -ENOMEM;
  bank->inputs = calloc((size_t)input_count + 1, sizeof *bank->inputs);
  bank->input_lines = calloc((size_t)input_count + 1, sizeof *bank->input_lines);
  int result = bank->inputs && bank->input_lines ? 0 : -ENOMEM;
  if (result == 0) {
    bank->input_count = input_count;
    for (int i = 0; i < input_count; i++) bank->input_lines[i] = inputs[i];
    bank->chip = gpiod_chip_open(path);
    result = bank->chip ? request(bank, consumer, outputs, output_count, refused) : -errno;
  }
  if (result < 0) {
    gpio_bank_close(bank);
    return result;
  }
  *opened = bank;
  return 0;
}

int gpio_bank_set(struct gpio_bank *bank, uint32_t line, bool level) {
  struct gpiod_line *found = gpiod_chip_get_line(bank->chip, line);
  return found && gpiod_line_set_value(found, level) == 0 ? 0 : -errno;
}

int gpio_bank_get(struct gpio_bank *bank, uint32_t line) {
  struct gpiod_line *found = gpiod_chip_get_line(bank->chip, line);
  int level = found ? gpiod_line_get_value(found) : -1;
  return level < 0 ? -errno : level;
}

int gpio_bank_source_count(const struct gpio_bank *bank) { return bank->input_count; }
int gpio_bank_source(const struct gpio_bank *bank, int index) { return gpiod_line_event_get_fd(bank->inputs[index]); }

int gpio_bank_read(struct gpio_bank *bank, int index, struct clp_gpio_edge *edges, bool *lost) {
  /* The kernel keeps 16 edges of a line for this interface and drops the rest without a word. Whoever finds the queue
     full cannot know whether it ran over; whoever finds it less than full knows that it did not. */
  enum { kept = 16 };
  struct gpiod_line_event events[kept];
  int count = gpiod_line_event_read_fd_multiple(gpio_bank_source(bank, index), events, kept);
  if (count < 0) return -errno;
  for (int i = 0; i < count; i++) {
    edges[i].at = (int64_t)events[i].ts.tv_sec * 1000000000 + events[i].ts.tv_nsec;
    edges[i].line = bank->input_lines[index];
    edges[i].level = events[i].event_type == GPIOD_LINE_EVENT_RISING_EDGE;
  }
  *lost = count >= kept;
  return count;
}

void gpio_bank_close(struct gpio_bank *bank) {
  if (bank->chip) gpiod_chip_close(bank->chip);
  free(bank->inputs);
  free(bank->input_lines);
  free(bank);
}
#endif
