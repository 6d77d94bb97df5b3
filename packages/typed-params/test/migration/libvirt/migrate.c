/*
 * migrate SOURCE DESTINATION DOMAIN CALLS - asks libvirt for migrations, and says how it refuses them. The
 * file CALLS has a line for each: FLAGS, then NAME=TYPE=VALUE for each parameter; the answer is a line: CODE
 * MESSAGE, or 0 if it went well.
 */
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct params {
    virTypedParameterPtr list;
    int length;
    int capacity;
};

static void give_up(const char *what) {
    fprintf(stderr, "%s: %s\n", what, virGetLastErrorMessage());
    exit(1);
}

static virConnectPtr open_connection(const char *uri) {
    virConnectPtr connection = virConnectOpen(uri);
    if (!connection)
        give_up(uri);
    return connection;
}

static void add(struct params *params, char *text) {
    const char *name = strsep(&text, "=");
    const char *type = strsep(&text, "=");
    if (!type || !text ||
        virTypedParamsAddFromString(&params->list, &params->length, &params->capacity, name, atoi(type),
                                    text) < 0)
        give_up(name);
}

/* Peer to peer where the flags say so. */
static int migrate(virDomainPtr domain, virConnectPtr destination, const char *uri, struct params *params,
                   unsigned int flags) {
    unsigned int length = (unsigned int)params->length;
    if (flags & VIR_MIGRATE_PEER2PEER)
        return virDomainMigrateToURI3(domain, uri, params->list, length, flags);
    virDomainPtr moved = virDomainMigrate3(domain, destination, params->list, length, flags);
    if (!moved)
        return -1;
    virDomainFree(moved);
    return 0;
}

static void ignore(void *data, virErrorPtr error) {
    (void)data;
    (void)error;
}

int main(int count, char **args) {
    if (count != 5)
        give_up("usage");
    virSetErrorFunc(NULL, ignore);
    virConnectPtr source = open_connection(args[1]);
    virConnectPtr destination = open_connection(args[2]);
    FILE *calls = fopen(args[4], "r");
    if (!calls)
        give_up(args[4]);

    char *line = NULL;
    size_t size = 0;
    while (getline(&line, &size, calls) >= 0) {
        line[strcspn(line, "\n")] = '\0';
        char *rest = line;
        unsigned int flags = (unsigned int)strtoul(strsep(&rest, " "), NULL, 0);
        struct params params = {0};
        while (rest)
            add(&params, strsep(&rest, " "));
        virDomainPtr domain = virDomainLookupByName(source, args[3]);
        if (!domain)
            give_up(args[3]);
        virResetLastError();
        if (migrate(domain, destination, args[2], &params, flags) < 0)
            printf("%d %s\n", virGetLastErrorCode(), virGetLastErrorMessage());
        else
            puts("0");
        virTypedParamsFree(params.list, params.length);
        virDomainFree(domain);
    }
    free(line);
    fclose(calls);
    virConnectClose(destination);
    virConnectClose(source);
    return 0;
}
