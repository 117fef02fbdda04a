/* The YAML parser of libyaml, for Documents alone. */
#include <yaml.h>
