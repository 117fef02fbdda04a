/* Holds lines 0 (output, safe high) and 1 (input) of a chip, through the product's C code and libgpiod 2. Line by line
   it answers `low`, `high` and `edges` as the test HoldingProcess does. */
#include "clp_gpio.h"

#include <stdio.h>
#include <string.h>

int main(int count, char **arguments) {
  struct clp_gpio_output output = {.line = 0, .level = true};
  uint32_t input = 1;
  struct clp_gpio *lines;
  int refused;
  if (count != 2) return 2;
  int result = clp_gpio_open(arguments[1], "bmsrig", &output, 1, &input, 1, &lines, &refused);
  if (result < 0) {
    printf("HOLD error %s, line %d\n", strerror(-result), refused);
    return 1;
  }
  printf("HOLD held %d\n", clp_gpio_interface());
  fflush(stdout);
  char word[16];
  while (scanf("%15s", word) == 1) {
    if (strcmp(word, "edges") == 0) {
      static struct clp_gpio_edge edges[100000];
      int taken = clp_gpio_take(lines, edges, 100000);
      int right = 0;
      for (int i = 0; i < taken; i++) right += edges[i].line == 1 && edges[i].level == (i % 2 == 0);
      if (taken < 0) printf("HOLD error %s\n", strerror(-taken));
      if (taken >= 0) printf("HOLD %d edges, %d right\n", taken, right);
    } else {
      result = clp_gpio_set(lines, 0, strcmp(word, "high") == 0);
      printf("HOLD output %d reads %d\n", result, clp_gpio_get(lines, 0));
    }
    fflush(stdout);
  }
  clp_gpio_close(lines);
  printf("HOLD closed\n");
  return 0;
}
