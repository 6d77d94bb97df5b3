/* Times what C takes to copy a list of typed parameters through libvirt's own functions, and to free the copy.
   Reads the list from standard input, a line of name, type and text each, separated by tabs; prints microseconds. */
#include <libvirt/libvirt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct list {
  virTypedParameterPtr params;
  int count;
  int room;
};

static void add(struct list *to, const virTypedParameter *from) {
  const char *name = from->field;
  switch (from->type) {
    case VIR_TYPED_PARAM_INT:
      virTypedParamsAddInt(&to->params, &to->count, &to->room, name, from->value.i);
      break;
    case VIR_TYPED_PARAM_UINT:
      virTypedParamsAddUInt(&to->params, &to->count, &to->room, name, from->value.ui);
      break;
    case VIR_TYPED_PARAM_LLONG:
      virTypedParamsAddLLong(&to->params, &to->count, &to->room, name, from->value.l);
      break;
    case VIR_TYPED_PARAM_ULLONG:
      virTypedParamsAddULLong(&to->params, &to->count, &to->room, name, from->value.ul);
      break;
    case VIR_TYPED_PARAM_DOUBLE:
      virTypedParamsAddDouble(&to->params, &to->count, &to->room, name, from->value.d);
      break;
    case VIR_TYPED_PARAM_BOOLEAN:
      virTypedParamsAddBoolean(&to->params, &to->count, &to->room, name, from->value.b);
      break;
    case VIR_TYPED_PARAM_STRING:
      virTypedParamsAddString(&to->params, &to->count, &to->room, name, from->value.s);
      break;
  }
}

static struct list copy(const struct list *from) {
  struct list to = {NULL, 0, 0};
  for (int i = 0; i < from->count; i++) add(&to, &from->params[i]);
  return to;
}

static struct list read_list(void) {
  struct list list = {NULL, 0, 0};
  char *line = NULL;
  size_t room = 0;
  ssize_t length;
  while ((length = getline(&line, &room, stdin)) > 0) {
    if (line[length - 1] == '\n') line[length - 1] = 0;
    char *type = strchr(line, '\t');
    char *text = type ? strchr(type + 1, '\t') : NULL;
    if (!text) exit(2);
    *type++ = *text++ = 0;
    if (virTypedParamsAddFromString(&list.params, &list.count, &list.room, line, atoi(type), text) < 0) exit(3);
  }
  free(line);
  return list;
}

int main(int argc, char **argv) {
  const int calls = argc > 1 ? atoi(argv[1]) : 0;
  /* Without it libvirt's functions have no place for their errors. */
  if (calls <= 0 || virInitialize() < 0) return 1;
  struct list list = read_list();
  struct timespec start, end;
  clock_gettime(CLOCK_MONOTONIC, &start);
  for (int i = 0; i < calls; i++) {
    struct list other = copy(&list);
    if (other.count != list.count) return 4;
    virTypedParamsFree(other.params, other.count);
  }
  clock_gettime(CLOCK_MONOTONIC, &end);
  virTypedParamsFree(list.params, list.count);
  printf("%.4f\n", ((end.tv_sec - start.tv_sec) * 1e9 + (end.tv_nsec - start.tv_nsec)) / calls / 1e3);
  return 0;
}
