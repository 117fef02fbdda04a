#include <gpiod.h>

#ifndef GPIOD_LINE_BULK_MAX_LINES
#include "gpio_bank.h"

#include <errno.h>
#include <stdlib.h>

/* One request for each output, so that a refusal names its line; one for all inputs, whose edges then come in order. */
struct gpio_bank {
  struct gpiod_chip *chip;
  int output_count;
  struct gpiod_line_request **outputs;
  uint32_t *output_lines;
  int input_count;
  struct gpiod_line_request *inputs;
  uint32_t *input_lines;
  /* Number of the last edge of each input. */
  unsigned long *seen;
  struct gpiod_edge_event_buffer *events;
};

int clp_gpio_interface(void) { return 2; }

int clp_gpio_look(const char *path, struct clp_gpio_chip *chip) {
  struct gpiod_chip *opened = gpiod_chip_open(path);
  if (!opened) return -errno;
  struct gpiod_chip_info *info = gpiod_chip_get_info(opened);
  int result = info ? 0 : -errno;
  if (info) {
    gpio_copy(chip->name, gpiod_chip_info_get_name(info));
    gpio_copy(chip->label, gpiod_chip_info_get_label(info));
    chip->lines = (uint32_t)gpiod_chip_info_get_num_lines(info);
    gpiod_chip_info_free(info);
  }
  gpiod_chip_close(opened);
  return result;
}

int clp_gpio_look_line(const char *path, uint32_t line, struct clp_gpio_use *use) {
  struct gpiod_chip *opened = gpiod_chip_open(path);
  if (!opened) return -errno;
  struct gpiod_line_info *info = gpiod_chip_get_line_info(opened, line);
  int result = info ? 0 : -errno;
  if (info) {
    use->used = gpiod_line_info_is_used(info);
    gpio_copy(use->name, gpiod_line_info_get_name(info));
    gpio_copy(use->consumer, gpiod_line_info_get_consumer(info));
    gpiod_line_info_free(info);
  }
  gpiod_chip_close(opened);
  return result;
}

/* Requests lines with one setting; NULL with errno on failure. */
static struct gpiod_line_request *request(struct gpiod_chip *chip, const char *consumer, const unsigned *lines,
                                          int count, struct gpiod_line_settings *settings) {
  struct gpiod_line_config *config = gpiod_line_config_new();
  struct gpiod_request_config *about = gpiod_request_config_new();
  struct gpiod_line_request *made = NULL;
  if (config && about && gpiod_line_config_add_line_settings(config, lines, (size_t)count, settings) == 0) {
    gpiod_request_config_set_consumer(about, consumer);
    /* The most that the kernel grants; edges beyond it show as a gap in their numbers. */
    gpiod_request_config_set_event_buffer_size(about, 1024);
    made = gpiod_chip_request_lines(chip, about, config);
  }
  int saved = errno;
  if (config) gpiod_line_config_free(config);
  if (about) gpiod_request_config_free(about);
  errno = saved;
  return made;
}

static int request_all(struct gpio_bank *bank, const char *consumer, const struct clp_gpio_output *outputs,
                       int output_count, struct gpiod_line_settings *settings, int *refused) {
  gpiod_line_settings_set_direction(settings, GPIOD_LINE_DIRECTION_OUTPUT);
  for (int i = 0; i < output_count; i++) {
    *refused = (int)outputs[i].line;
    gpiod_line_settings_set_output_value(settings,
                                         outputs[i].level ? GPIOD_LINE_VALUE_ACTIVE : GPIOD_LINE_VALUE_INACTIVE);
    unsigned line = outputs[i].line;
    bank->outputs[i] = request(bank->chip, consumer, &line, 1, settings);
    if (!bank->outputs[i]) return -errno;
    bank->output_lines[i] = line;
    bank->output_count = i + 1;
  }
  *refused = -1;
  if (bank->input_count == 0) return 0;
  gpiod_line_settings_reset(settings);
  gpiod_line_settings_set_direction(settings, GPIOD_LINE_DIRECTION_INPUT);
  gpiod_line_settings_set_edge_detection(settings, GPIOD_LINE_EDGE_BOTH);
  gpiod_line_settings_set_event_clock(settings, GPIOD_LINE_CLOCK_MONOTONIC);
  bank->inputs = request(bank->chip, consumer, bank->input_lines, bank->input_count, settings);
  if (bank->inputs) return 0;
  int error = errno;
  for (int i = 0; i < bank->input_count; i++) {
    struct gpiod_line_info *info = gpiod_chip_get_line_info(bank->chip, bank->input_lines[i]);
    if (!info || gpiod_line_info_is_used(info)) *refused = (int)bank->input_lines[i];
    if (info) gpiod_line_info_free(info);
    if (*refused >= 0) break;
  }
  return -error;
}

int gpio_bank_open(const char *path, const char *consumer, const struct clp_gpio_output *outputs, int output_count,
                   const uint32_t *inputs, int input_count, struct gpio_bank **opened, int *refused) {
  *refused = -1;
  struct gpio_bank *bank = calloc(1, sizeof *bank);
  if (!bank) return -ENOMEM;
  bank->outputs = calloc((size_t)output_count + 1, sizeof *bank->outputs);
  bank->output_lines = calloc((size_t)output_count + 1, sizeof *bank->output_lines);
  bank->input_lines = calloc((size_t)input_count + 1, sizeof *bank->input_lines);
  bank->seen = calloc((size_t)input_count + 1, sizeof *bank->seen);
  bank->events = gpiod_edge_event_buffer_new(gpio_bank_most);
  struct gpiod_line_settings *settings = gpiod_line_settings_new();
  int result = -ENOMEM;
  if (bank->outputs && bank->output_lines && bank->input_lines && bank->seen && bank->events && settings) {
    bank->input_count = input_count;
    for (int i = 0; i < input_count; i++) bank->input_lines[i] = inputs[i];
    bank->chip = gpiod_chip_open(path);
    result = bank->chip ? request_all(bank, consumer, outputs, output_count, settings, refused) : -errno;
  }
  if (settings) gpiod_line_settings_free(settings);
  if (result < 0) {
    gpio_bank_close(bank);
    return result;
  }
  *opened = bank;
  return 0;
}

static struct gpiod_line_request *output(struct gpio_bank *bank, uint32_t line) {
  for (int i = 0; i < bank->output_count; i++) {
    if (bank->output_lines[i] == line) return bank->outputs[i];
  }
  return NULL;
}

int gpio_bank_set(struct gpio_bank *bank, uint32_t line, bool level) {
  struct gpiod_line_request *found = output(bank, line);
  if (!found) return -EINVAL;
  enum gpiod_line_value value = level ? GPIOD_LINE_VALUE_ACTIVE : GPIOD_LINE_VALUE_INACTIVE;
  return gpiod_line_request_set_value(found, line, value) == 0 ? 0 : -errno;
}

int gpio_bank_get(struct gpio_bank *bank, uint32_t line) {
  struct gpiod_line_request *found = output(bank, line);
  if (!found) found = bank->inputs;
  if (!found) return -EINVAL;
  enum gpiod_line_value value = gpiod_line_request_get_value(found, line);
  if (value == GPIOD_LINE_VALUE_ERROR) return -errno;
  return value == GPIOD_LINE_VALUE_ACTIVE;
}

int gpio_bank_source_count(const struct gpio_bank *bank) { return bank->inputs ? 1 : 0; }

int gpio_bank_source(const struct gpio_bank *bank, int index) {
  (void)index;
  return gpiod_line_request_get_fd(bank->inputs);
}

int gpio_bank_read(struct gpio_bank *bank, int index, struct clp_gpio_edge *edges, bool *lost) {
  (void)index;
  int count = gpiod_line_request_read_edge_events(bank->inputs, bank->events, gpio_bank_most);
  if (count < 0) return -errno;
  for (int i = 0; i < count; i++) {
    struct gpiod_edge_event *event = gpiod_edge_event_buffer_get_event(bank->events, (unsigned long)i);
    edges[i].at = (int64_t)gpiod_edge_event_get_timestamp_ns(event);
    edges[i].line = gpiod_edge_event_get_line_offset(event);
    edges[i].level = gpiod_edge_event_get_event_type(event) == GPIOD_EDGE_EVENT_RISING_EDGE;
    unsigned long number = gpiod_edge_event_get_line_seqno(event);
    for (int k = 0; k < bank->input_count; k++) {
      if (bank->input_lines[k] != edges[i].line) continue;
      if (number != bank->seen[k] + 1) *lost = true;
      bank->seen[k] = number;
    }
  }
  return count;
}

void gpio_bank_close(struct gpio_bank *bank) {
  for (int i = 0; i < bank->output_count; i++) gpiod_line_request_release(bank->outputs[i]);
  if (bank->inputs) gpiod_line_request_release(bank->inputs);
  if (bank->events) gpiod_edge_event_buffer_free(bank->events);
  if (bank->chip) gpiod_chip_close(bank->chip);
  free(bank->outputs);
  free(bank->output_lines);
  free(bank->input_lines);
  free(bank->seen);
  free(bank);
}
#endif
