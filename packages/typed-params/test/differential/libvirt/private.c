#include "private.h"

#include "list.h"
#include "wire.h"

#include <dlfcn.h>
#include <libvirt/virterror.h>
#include <rpc/rpc.h>
#include <stdlib.h>
#include <string.h>

/* Source: libvirt, src/util/virtypedparam.h. */
#define MULTIPLE (1u << 31)
/* Source: libvirt, src/remote/remote_protocol.x. */
#define MAX_MIGRATE_PARAMS 64
/* How many keys `validate` takes at most. */
#define MAX_KEYS 8

/* An entry in libvirt's hands on its way to the wire; only the size matters here. */
struct wire_param {
    char *name;
    int type;
    union {
        long long number;
        double real;
        char *string;
    } value;
};

struct wire_params {
    unsigned int length;
    char *params;
};

typedef void *param_builder;

static int (*params_validate)(virTypedParameterPtr, int, ...);
static int (*params_filter)(virTypedParameterPtr, int, const char *, unsigned int, virTypedParameterPtr **);
static int (*params_get_string_list)(virTypedParameterPtr, int, const char *, const char ***);
static int (*params_replace_string)(virTypedParameterPtr *, int *, const char *, const char *);
static int (*params_copy)(virTypedParameterPtr *, virTypedParameterPtr, int);
static char *(*param_to_string)(virTypedParameterPtr);
static int (*params_serialize)(virTypedParameterPtr, int, int, void **, unsigned int *, unsigned int);
static int (*params_deserialize)(void *, unsigned int, int, virTypedParameterPtr *, int *);
static void (*params_remote_free)(void *, unsigned int);
static bool_t (*xdr_wire_param)(XDR *, void *);
static param_builder (*builder_new)(void);
static void (*builder_add_unsigned)(param_builder, unsigned long long, const char *, ...);
static int (*builder_steal)(param_builder, virTypedParameterPtr *, int *);
static void (*builder_free)(param_builder);

static const struct {
    const char *name;
    void *call;
} symbols[] = {
    {"virTypedParamsValidate", &params_validate},
    {"virTypedParamsFilter", &params_filter},
    {"virTypedParamsGetStringList", &params_get_string_list},
    {"virTypedParamsReplaceString", &params_replace_string},
    {"virTypedParamsCopy", &params_copy},
    {"virTypedParameterToString", &param_to_string},
    {"virTypedParamsSerialize", &params_serialize},
    {"virTypedParamsDeserialize", &params_deserialize},
    {"virTypedParamsRemoteFree", &params_remote_free},
    {"xdr_remote_typed_param", &xdr_wire_param},
    {"virTypedParamListNew", &builder_new},
    {"virTypedParamListAddUnsigned", &builder_add_unsigned},
    {"virTypedParamListSteal", &builder_steal},
    {"virTypedParamListFree", &builder_free},
};

void find_private_calls(void) {
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
        void *found = dlsym(RTLD_DEFAULT, symbols[i].name);
        if (found == NULL)
            give_up("libvirt does not have", symbols[i].name);
        memcpy(symbols[i].call, &found, sizeof found);
    }
}

/* addUnsigned NAME VALUE. libvirt has it for its list builder: a builder of one, then the public call. */
void call_add_unsigned(void) {
    const char *name = read_text();
    param_builder builder = builder_new();
    builder_add_unsigned(builder, read_unsigned(), "%s", name);
    virTypedParameterPtr built = NULL;
    int length = 0;
    int status = builder_steal(builder, &built, &length);
    if (status == 0 && built->type == VIR_TYPED_PARAM_UINT)
        status = virTypedParamsAddUInt(&list.params, &list.length, &list.capacity, name, built->value.ui);
    else if (status == 0)
        status = virTypedParamsAddULLong(&list.params, &list.length, &list.capacity, name, built->value.ul);
    answer_status(status);
    virTypedParamsFree(built, length);
    builder_free(builder);
}

/* filter NAME TYPE, 0 for any: the types and values */
void call_filter(void) {
    const char *name = read_text();
    virTypedParameterPtr *found = NULL;
    int count = params_filter(list.params, list.length, name, (unsigned int)read_type(), &found);
    answer_status(count);
    for (int i = 0; i < count; i++)
        write_value(found[i]);
    free(found);
}

/* getStringList NAME: the strings */
void call_get_string_list(void) {
    const char **found = NULL;
    int count = params_get_string_list(list.params, list.length, read_text(), &found);
    answer_status(count);
    for (int i = 0; i < count; i++)
        write_text(found[i]);
    free(found);
}

/* replaceString NAME TEXT */
void call_replace_string(void) {
    const char *name = read_text();
    int status = params_replace_string(&list.params, &list.length, name, read_text());
    /* This call tells nobody how much it has allocated; it is for what it has. */
    list.capacity = list.length;
    answer_status(status);
}

/* copy: a copy takes the list's place. libvirt's status is -1 even when it has copied; nobody looks at it. */
void call_copy(void) {
    virTypedParameterPtr copy = NULL;
    (void)params_copy(&copy, list.params, list.length);
    replace_list(copy, copy ? list.length : 0);
    answer_status(0);
}

/* validate COUNT {NAME TYPE MULTIPLE}... */
void call_validate(void) {
    const char *names[MAX_KEYS] = {NULL};
    unsigned int types[MAX_KEYS] = {0};
    int count = (int)read_unsigned();
    if (count > MAX_KEYS)
        give_up("too many keys", "validate");
    for (int i = 0; i < count; i++) {
        names[i] = read_text();
        types[i] = (unsigned int)read_type() | (read_unsigned() ? MULTIPLE : 0);
    }
    /* The first name that is NULL ends the arguments; what comes after it is not looked at. */
    answer_status(params_validate(list.params, list.length, names[0], types[0], names[1], types[1], names[2],
                                  types[2], names[3], types[3], names[4], types[4], names[5], types[5],
                                  names[6], types[6], names[7], types[7], NULL));
}

/* format TYPE: NAME=VALUE of each entry of that type */
void call_format(void) {
    int type = read_type();
    answer_status(0);
    for (int i = 0; i < list.length; i++) {
        if (list.params[i].type != type)
            continue;
        char *value = param_to_string(&list.params[i]);
        char *text = malloc(strlen(list.params[i].field) + strlen(value) + 2);
        stpcpy(stpcpy(stpcpy(text, list.params[i].field), "="), value);
        write_text(text);
        free(text);
        free(value);
    }
}

/* `remote_typed_param params<64>`, as rpcgen would write it. */
static bool_t xdr_wire_params(XDR *xdr, struct wire_params *wire) {
    return xdr_array(xdr, &wire->params, &wire->length, MAX_MIGRATE_PARAMS, sizeof(struct wire_param),
                     (xdrproc_t)xdr_wire_param);
}

/* The XDR of parameters, for the caller to free; NULL, with libvirt's error set, if they are too many. */
static char *encode(virTypedParameterPtr params, int length, size_t *size) {
    struct wire_params wire = {0, NULL};
    if (params_serialize(params, length, MAX_MIGRATE_PARAMS, (void **)&wire.params, &wire.length,
                         VIR_TYPED_PARAM_STRING_OKAY) < 0)
        return NULL;
    *size = xdr_sizeof((xdrproc_t)xdr_wire_params, &wire);
    char *bytes = malloc(*size);
    XDR xdr;
    xdrmem_create(&xdr, bytes, (unsigned int)*size, XDR_ENCODE);
    if (!xdr_wire_params(&xdr, &wire))
        give_up("libvirt does not encode what it has serialized", NULL);
    xdr_destroy(&xdr);
    params_remote_free(wire.params, wire.length);
    return bytes;
}

/* toXdr: the bytes */
void call_to_xdr(void) {
    size_t size = 0;
    char *bytes = encode(list.params, list.length, &size);
    answer_status(bytes ? 0 : -1);
    if (bytes)
        write_bytes(bytes, size);
    free(bytes);
}

static void answer_decoded(struct wire_params *wire, const char *bytes, size_t size) {
    virTypedParameterPtr params = NULL;
    int length = 0;
    if (params_deserialize(wire->params, wire->length, MAX_MIGRATE_PARAMS, &params, &length) < 0) {
        answer_status(-1);
        return;
    }
    size_t size_again = 0;
    char *again = encode(params, length, &size_again);
    write_word(size_again == size && !memcmp(again, bytes, size) ? "ok" : "lossy");
    write_params(params, length);
    free(again);
    virTypedParamsFree(params, length);
}

/*
 * fromXdr BYTES: what they hold, of which the list gets nothing. The answer is `undecodable` unless XDR reads
 * all of them, and begins with `lossy` where libvirt would not write the same bytes again.
 */
void call_from_xdr(void) {
    size_t size = 0;
    char *bytes = read_bytes(&size);
    struct wire_params wire = {0, NULL};
    XDR xdr;
    xdrmem_create(&xdr, bytes, (unsigned int)size, XDR_DECODE);
    if (xdr_wire_params(&xdr, &wire) && xdr_getpos(&xdr) == size)
        answer_decoded(&wire, bytes, size);
    else
        write_word("undecodable");
    xdr_free((xdrproc_t)xdr_wire_params, &wire);
    xdr_destroy(&xdr);
    free(bytes);
}
