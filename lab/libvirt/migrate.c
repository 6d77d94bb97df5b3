/*
 * migrate SOURCE DESTINATION DOMAIN CALLS - makes libvirt's own migration calls, and says how it refuses
 * them. The file CALLS has a line for each, its fields parted by tabs: the call, its flags, its bandwidth,
 * four texts in the order of the call's arguments ('-' for NULL, else '=' and the text), and NAME=TYPE=VALUE
 * for each typed parameter. The answer to each: code, domain and message of the error, parted by tabs, then a
 * NUL; no error is 0 and 0.
 */
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct call {
    const char *name;
    unsigned int flags;
    unsigned long bandwidth;
    const char *texts[4];
    virTypedParameterPtr params;
    int param_count;
    int param_capacity;
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

static char *next_field(char **rest) {
    char *field = strsep(rest, "\t");
    if (!field)
        give_up("a call with too few fields");
    return field;
}

static void add(struct call *call, char *text) {
    const char *name = strsep(&text, "=");
    const char *type = strsep(&text, "=");
    if (!type || !text ||
        virTypedParamsAddFromString(&call->params, &call->param_count, &call->param_capacity, name,
                                    atoi(type), text) < 0)
        give_up(name);
}

static struct call parse(char *line) {
    char *rest = line;
    struct call call = {.name = next_field(&rest)};
    call.flags = (unsigned int)strtoul(next_field(&rest), NULL, 10);
    call.bandwidth = strtoul(next_field(&rest), NULL, 10);
    for (size_t i = 0; i < 4; i++) {
        const char *text = next_field(&rest);
        call.texts[i] = *text == '=' ? text + 1 : NULL;
    }
    while (rest)
        add(&call, next_field(&rest));
    return call;
}

static int moved(virDomainPtr domain) {
    if (!domain)
        return -1;
    virDomainFree(domain);
    return 0;
}

static int make(const struct call *call, virDomainPtr domain, virConnectPtr destination) {
    const char *const *text = call->texts;
    unsigned int count = (unsigned int)call->param_count;
    if (!strcmp(call->name, "migrate"))
        return moved(virDomainMigrate(domain, destination, call->flags, text[0], text[1], call->bandwidth));
    if (!strcmp(call->name, "migrate2"))
        return moved(
            virDomainMigrate2(domain, destination, text[0], call->flags, text[1], text[2], call->bandwidth));
    if (!strcmp(call->name, "migrate3"))
        return moved(virDomainMigrate3(domain, destination, call->params, count, call->flags));
    if (!strcmp(call->name, "migrateToURI"))
        return virDomainMigrateToURI(domain, text[0], call->flags, text[1], call->bandwidth);
    if (!strcmp(call->name, "migrateToURI2"))
        return virDomainMigrateToURI2(domain, text[0], text[1], text[2], call->flags, text[3],
                                      call->bandwidth);
    if (!strcmp(call->name, "migrateToURI3"))
        return virDomainMigrateToURI3(domain, text[0], call->params, count, call->flags);
    give_up(call->name);
    return -1;
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
        struct call call = parse(line);
        virDomainPtr domain = virDomainLookupByName(source, args[3]);
        if (!domain)
            give_up(args[3]);
        virResetLastError();
        if (make(&call, domain, destination) < 0) {
            virErrorPtr error = virGetLastError();
            printf("%d\t%d\t%s%c", error->code, error->domain, error->message, '\0');
        } else {
            printf("0\t0\t%c", '\0');
        }
        virTypedParamsFree(call.params, call.param_count);
        virDomainFree(domain);
    }
    free(line);
    fclose(calls);
    virConnectClose(destination);
    virConnectClose(source);
    return 0;
}
