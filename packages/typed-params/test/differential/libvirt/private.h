/* private - calls that libvirt keeps for its own programs. The library exports them, its headers do not. */
#pragma once

/* Finds all of them, or ends the program. */
void find_private_calls(void);

void call_add_unsigned(void);
void call_filter(void);
void call_get_string_list(void);
void call_replace_string(void);
void call_copy(void);
void call_validate(void);
void call_format(void);
void call_to_xdr(void);
void call_from_xdr(void);
