#include "wire.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *line;
static size_t line_size;
static char *rest;

static const char *const type_names[] = {
    [VIR_TYPED_PARAM_INT] = "int",       [VIR_TYPED_PARAM_UINT] = "uint",
    [VIR_TYPED_PARAM_LLONG] = "llong",   [VIR_TYPED_PARAM_ULLONG] = "ullong",
    [VIR_TYPED_PARAM_DOUBLE] = "double", [VIR_TYPED_PARAM_BOOLEAN] = "boolean",
    [VIR_TYPED_PARAM_STRING] = "string",
};

bool read_line(void) {
    ssize_t length = getline(&line, &line_size, stdin);
    if (length < 0)
        return false;
    if (length > 0 && line[length - 1] == '\n')
        line[length - 1] = '\0';
    rest = line;
    return true;
}

char *read_word(void) {
    if (rest == NULL)
        give_up("a word is missing", line);
    return strsep(&rest, " ");
}

static int digit(char character) {
    if (character >= '0' && character <= '9')
        return character - '0';
    if (character >= 'a' && character <= 'f')
        return character - 'a' + 10;
    if (character >= 'A' && character <= 'F')
        return character - 'A' + 10;
    give_up("not hexadecimal", line);
}

char *read_text(void) {
    char *word = read_word();
    if (!strcmp(word, "null"))
        return NULL;
    if (*word != '=')
        give_up("not a text", word);
    char *to = word;
    for (const char *from = word + 1; *from; from++) {
        if (*from == '%') {
            *to++ = (char)(digit(from[1]) << 4 | digit(from[2]));
            from += 2;
        } else {
            *to++ = *from;
        }
    }
    *to = '\0';
    return word;
}

int read_type(void) {
    const char *word = read_word();
    for (int type = VIR_TYPED_PARAM_INT; type < VIR_TYPED_PARAM_LAST; type++) {
        if (!strcmp(word, type_names[type]))
            return type;
    }
    if (!isdigit((unsigned char)*word))
        give_up("not a type", word);
    return atoi(word);
}

unsigned long long read_unsigned(void) { return strtoull(read_word(), NULL, 10); }

long long read_signed(void) { return strtoll(read_word(), NULL, 10); }

double read_double(void) {
    uint64_t bits = strtoull(read_word(), NULL, 16);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

char *read_bytes(size_t *length) {
    const char *word = read_word();
    *length = strlen(word) / 2;
    char *bytes = malloc(*length + 1);
    for (size_t i = 0; i < *length; i++)
        bytes[i] = (char)(digit(word[2 * i]) << 4 | digit(word[2 * i + 1]));
    return bytes;
}

static bool at_start = true;

static void separate(void) {
    if (!at_start)
        putchar(' ');
    at_start = false;
}

void write_word(const char *word) {
    separate();
    fputs(word, stdout);
}

void write_text(const char *text) {
    separate();
    putchar('=');
    /* What encodeURIComponent leaves alone is left alone here: both sides have to write the same. */
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte < 0x80 && (isalnum(byte) || strchr("-_.!~*'()", byte)))
            putchar(byte);
        else
            printf("%%%02X", byte);
    }
}

void write_value(const virTypedParameter *param) {
    if (param->type < VIR_TYPED_PARAM_INT || param->type >= VIR_TYPED_PARAM_LAST)
        give_up("libvirt has made an entry without a type", param->field);
    write_word(type_names[param->type]);
    separate();
    uint64_t bits;
    switch (param->type) {
    case VIR_TYPED_PARAM_INT:
        printf("%d", param->value.i);
        break;
    case VIR_TYPED_PARAM_UINT:
        printf("%u", param->value.ui);
        break;
    case VIR_TYPED_PARAM_LLONG:
        printf("%lld", param->value.l);
        break;
    case VIR_TYPED_PARAM_ULLONG:
        printf("%llu", param->value.ul);
        break;
    case VIR_TYPED_PARAM_DOUBLE:
        memcpy(&bits, &param->value.d, sizeof bits);
        printf("%016llx", (unsigned long long)bits);
        break;
    case VIR_TYPED_PARAM_BOOLEAN:
        printf("%d", param->value.b != 0);
        break;
    default:
        at_start = true;
        write_text(param->value.s);
    }
}

void write_params(const virTypedParameter *params, int length) {
    for (int i = 0; i < length; i++) {
        write_text(params[i].field);
        write_value(&params[i]);
    }
}

void write_bytes(const char *bytes, size_t length) {
    separate();
    for (size_t i = 0; i < length; i++)
        printf("%02x", (unsigned char)bytes[i]);
}

void end_line(void) {
    putchar('\n');
    at_start = true;
}

void give_up(const char *why, const char *what) {
    fflush(stdout);
    fprintf(stderr, "oracle: %s: %s\n", why, what ? what : "");
    exit(2);
}
