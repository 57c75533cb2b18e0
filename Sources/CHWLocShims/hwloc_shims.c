#define _GNU_SOURCE
#include "hwloc_shims.h"
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAME "HWLOC_FSROOT="

static char variable[sizeof NAME + PATH_MAX] = NAME "/";
// What a copy of a tree lacks is no news for standard error.
static char quiet[] = "HWLOC_HIDE_ERRORS=2";
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static char **variables;

/// Puts the two before all others. Who reads the old environment meanwhile still can. It must not be done before main:
/// Swift's runtime, when it is linked statically, finds the program's arguments beside the environment's first place.
static void add_variables(void) {
    size_t count = 0;
    while (environ && environ[count]) count++;
    variables = calloc(count + 3, sizeof *variables);
    if (!variables) return;
    variables[0] = variable;
    variables[1] = quiet;
    if (count) memcpy(variables + 2, environ, count * sizeof *variables);
    __atomic_store_n(&environ, variables, __ATOMIC_RELEASE);
}

static int load(hwloc_topology_t topology) {
    // The component x86 asks the processor that this runs on.
    if (hwloc_topology_set_components(topology, HWLOC_TOPOLOGY_COMPONENTS_FLAG_BLACKLIST, "x86") < 0) return -1;
    if (hwloc_topology_set_io_types_filter(topology, HWLOC_TYPE_FILTER_KEEP_NONE) < 0) return -1;
    if (hwloc_topology_set_icache_types_filter(topology, HWLOC_TYPE_FILTER_KEEP_ALL) < 0) return -1;
    // The machine's processors, not those that this process may use.
    if (hwloc_topology_set_flags(topology, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED) < 0) return -1;
    return hwloc_topology_load(topology);
}

hwloc_topology_t vf_hwloc_load(const char *root) {
    hwloc_topology_t topology;
    pthread_once(&once, add_variables);
    if (!variables || strlen(root) >= PATH_MAX) return NULL;
    pthread_mutex_lock(&lock);
    strcpy(variable + strlen(NAME), root);
    if (hwloc_topology_init(&topology) < 0) {
        topology = NULL;
    } else if (load(topology) < 0) {
        hwloc_topology_destroy(topology);
        topology = NULL;
    }
    strcpy(variable + strlen(NAME), "/");
    pthread_mutex_unlock(&lock);
    return topology;
}
