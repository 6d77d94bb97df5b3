/* list - the parameters that the calls of a sequence work on. */
#pragma once

#include <libvirt/libvirt.h>

struct list {
    virTypedParameterPtr params;
    int length;
    int capacity;
};

/* The one list. */
extern struct list list;

/* Puts a list of libvirt's making in the place of the one there is. */
void replace_list(virTypedParameterPtr params, int length);

/* Answers `ok`, or the code and message of the error that libvirt has set. */
void answer_status(int status);
