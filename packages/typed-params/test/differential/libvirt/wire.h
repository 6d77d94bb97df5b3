/* wire - a call is a line of words, and so is its answer. */
#pragma once

/* For VIR_TYPED_PARAM_LAST. */
#define VIR_ENUM_SENTINELS
#include <libvirt/libvirt.h>
#include <stdbool.h>
#include <stddef.h>

/* The next line's words; false at the end of the input. */
bool read_line(void);

/* The line's next word. A missing one ends the program, as any line that is not understood does. */
char *read_word(void);
/* A word of `=` and percent-encoded bytes, which a NUL ends; NULL for the word `null`. */
char *read_text(void);
/* A type by its name, or any number that is none. */
int read_type(void);
unsigned long long read_unsigned(void);
long long read_signed(void);
double read_double(void);
/* Bytes in hexadecimal; the caller frees them. */
char *read_bytes(size_t *length);

void write_word(const char *word);
void write_text(const char *text);
/* Type and value. */
void write_value(const virTypedParameter *param);
/* Name, type and value of each. */
void write_params(const virTypedParameter *params, int length);
void write_bytes(const char *bytes, size_t length);
void end_line(void);

_Noreturn void give_up(const char *why, const char *what);
