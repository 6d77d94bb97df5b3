#include "public.h"

#include "list.h"
#include "wire.h"

#include <stdlib.h>
#include <string.h>

/* add NAME TYPE VALUE */
void call_add(void) {
    const char *name = read_text();
    int status = -1;
    switch (read_type()) {
    case VIR_TYPED_PARAM_INT:
        status = virTypedParamsAddInt(&list.params, &list.length, &list.capacity, name, (int)read_signed());
        break;
    case VIR_TYPED_PARAM_UINT:
        status = virTypedParamsAddUInt(&list.params, &list.length, &list.capacity, name,
                                       (unsigned int)read_unsigned());
        break;
    case VIR_TYPED_PARAM_LLONG:
        status = virTypedParamsAddLLong(&list.params, &list.length, &list.capacity, name, read_signed());
        break;
    case VIR_TYPED_PARAM_ULLONG:
        status = virTypedParamsAddULLong(&list.params, &list.length, &list.capacity, name, read_unsigned());
        break;
    case VIR_TYPED_PARAM_DOUBLE:
        status = virTypedParamsAddDouble(&list.params, &list.length, &list.capacity, name, read_double());
        break;
    case VIR_TYPED_PARAM_BOOLEAN:
        status =
            virTypedParamsAddBoolean(&list.params, &list.length, &list.capacity, name, (int)read_signed());
        break;
    case VIR_TYPED_PARAM_STRING:
        status = virTypedParamsAddString(&list.params, &list.length, &list.capacity, name, read_text());
        break;
    default:
        give_up("add of a type that has no call", name);
    }
    answer_status(status);
}

/* addStringList NAME null | addStringList NAME COUNT TEXT... */
void call_add_string_list(void) {
    const char *name = read_text();
    const char *count = read_word();
    const char **values = NULL;
    if (strcmp(count, "null")) {
        int length = atoi(count);
        values = calloc((size_t)length + 1, sizeof *values);
        for (int i = 0; i < length; i++)
            values[i] = read_text();
    }
    answer_status(virTypedParamsAddStringList(&list.params, &list.length, &list.capacity, name, values));
    free(values);
}

/* addFromString NAME TYPE TEXT */
void call_add_from_string(void) {
    const char *name = read_text();
    int type = read_type();
    const char *text = read_text();
    answer_status(virTypedParamsAddFromString(&list.params, &list.length, &list.capacity, name, type, text));
}

/* get NAME: the first entry's type and value */
void call_get(void) {
    virTypedParameterPtr found = virTypedParamsGet(list.params, list.length, read_text());
    answer_status(0);
    if (found != NULL)
        write_value(found);
}

/* getTyped NAME TYPE: the same, by the getter of that type */
void call_get_typed(void) {
    const char *name = read_text();
    virTypedParameter found = {.type = read_type()};
    const char *string = NULL;
    int boolean = 0;
    int status = -1;
    switch (found.type) {
    case VIR_TYPED_PARAM_INT:
        status = virTypedParamsGetInt(list.params, list.length, name, &found.value.i);
        break;
    case VIR_TYPED_PARAM_UINT:
        status = virTypedParamsGetUInt(list.params, list.length, name, &found.value.ui);
        break;
    case VIR_TYPED_PARAM_LLONG:
        status = virTypedParamsGetLLong(list.params, list.length, name, &found.value.l);
        break;
    case VIR_TYPED_PARAM_ULLONG:
        status = virTypedParamsGetULLong(list.params, list.length, name, &found.value.ul);
        break;
    case VIR_TYPED_PARAM_DOUBLE:
        status = virTypedParamsGetDouble(list.params, list.length, name, &found.value.d);
        break;
    case VIR_TYPED_PARAM_BOOLEAN:
        status = virTypedParamsGetBoolean(list.params, list.length, name, &boolean);
        found.value.b = (char)boolean;
        break;
    case VIR_TYPED_PARAM_STRING:
        status = virTypedParamsGetString(list.params, list.length, name, &string);
        found.value.s = (char *)string;
        break;
    default:
        give_up("get of a type that has no call", name);
    }
    answer_status(status);
    if (status == 1)
        write_value(&found);
}

/* dump: every name, type and value */
void call_dump(void) {
    answer_status(0);
    write_params(list.params, list.length);
}
