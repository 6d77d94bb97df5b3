/* oracle - says what libvirt does: reads calls from stdin, a line each, and answers each with a line. */
#include "list.h"
#include "private.h"
#include "public.h"
#include "wire.h"

#include <libvirt/virterror.h>
#include <stdio.h>
#include <string.h>

struct list list;

static const struct {
    const char *name;
    void (*make)(void);
} calls[] = {
    {"add", call_add},
    {"addStringList", call_add_string_list},
    {"addFromString", call_add_from_string},
    {"addUnsigned", call_add_unsigned},
    {"get", call_get},
    {"getTyped", call_get_typed},
    {"filter", call_filter},
    {"getStringList", call_get_string_list},
    {"replaceString", call_replace_string},
    {"copy", call_copy},
    {"validate", call_validate},
    {"format", call_format},
    {"toXdr", call_to_xdr},
    {"fromXdr", call_from_xdr},
    {"dump", call_dump},
};

void replace_list(virTypedParameterPtr params, int length) {
    virTypedParamsFree(list.params, list.length);
    list.params = params;
    list.length = length;
    list.capacity = length;
}

void answer_status(int status) {
    if (status >= 0) {
        write_word("ok");
        return;
    }
    char code[16];
    snprintf(code, sizeof code, "%d", virGetLastErrorCode());
    write_word("error");
    write_word(code);
    write_text(virGetLastErrorMessage());
}

static void make(const char *name) {
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        if (!strcmp(name, calls[i].name)) {
            virResetLastError();
            calls[i].make();
            end_line();
            return;
        }
    }
    give_up("no such call", name);
}

/* Errors are answers here; libvirt would print them as well. */
static void keep_quiet(void *data, virErrorPtr error) {
    (void)data;
    (void)error;
}

int main(void) {
    if (virInitialize() < 0)
        give_up("libvirt does not start", virGetLastErrorMessage());
    virSetErrorFunc(NULL, keep_quiet);
    find_private_calls();
    while (read_line()) {
        const char *word = read_word();
        /* Two lines that have no answer: a sequence begins, and the answers so far are awaited. */
        if (!strcmp(word, "begin"))
            replace_list(NULL, 0);
        else if (!strcmp(word, "flush"))
            fflush(stdout);
        else
            make(word);
    }
    virTypedParamsFree(list.params, list.length);
    return 0;
}
