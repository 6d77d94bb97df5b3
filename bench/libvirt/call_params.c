/* Times calls that return typed parameters, over a connection. Given a URI, a domain's name, which call, and how many;
   prints the microseconds of each. */
#include <libvirt/libvirt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int job_stats(virDomainPtr domain) {
  virTypedParameterPtr params = NULL;
  int count = 0;
  int type;
  const unsigned int flags = VIR_DOMAIN_JOB_STATS_COMPLETED | VIR_DOMAIN_JOB_STATS_KEEP_COMPLETED;
  const int status = virDomainGetJobStats(domain, &type, &params, &count, flags);
  virTypedParamsFree(params, count);
  return status;
}

static int block_io_tune(virDomainPtr domain) {
  int count = 0;
  if (virDomainGetBlockIoTune(domain, "vda", NULL, &count, 0) < 0) return -1;
  virTypedParameterPtr params = calloc(count, sizeof *params);
  if (!params) return -1;
  const int status = virDomainGetBlockIoTune(domain, "vda", params, &count, 0);
  virTypedParamsFree(params, count);
  return status;
}

static int stats(virDomainPtr domain) {
  virDomainStatsRecordPtr *records = NULL;
  const int count = virConnectGetAllDomainStats(virDomainGetConnect(domain), 0, &records, 0);
  if (count >= 0) virDomainStatsRecordListFree(records);
  return count;
}

static int (*call_named(const char *name))(virDomainPtr) {
  if (strcmp(name, "jobStats") == 0) return job_stats;
  if (strcmp(name, "blockIoTune") == 0) return block_io_tune;
  return strcmp(name, "stats") == 0 ? stats : NULL;
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1e6 + time.tv_nsec / 1e3;
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  int (*call)(virDomainPtr) = call_named(argv[3]);
  virConnectPtr connection = virConnectOpen(argv[1]);
  virDomainPtr domain = connection ? virDomainLookupByName(connection, argv[2]) : NULL;
  if (!call || !domain) return 1;
  for (int left = atoi(argv[4]); left > 0; left--) {
    const double start = now();
    if (call(domain) < 0) return 1;
    printf("%.1f\n", now() - start);
  }
  virDomainFree(domain);
  virConnectClose(connection);
  return 0;
}
