/* public - the calls of libvirt's public API. */
#pragma once

void call_add(void);
void call_add_string_list(void);
void call_add_from_string(void);
void call_get(void);
void call_get_typed(void);
void call_dump(void);
