#define _GNU_SOURCE
#include "hwloc_shims.h"
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME "HWLOC_FSROOT="

// putenv(3) makes these strings themselves part of the environment.
static char variable[sizeof NAME + PATH_MAX] = NAME "/";
// What a copy of a tree lacks is no news for standard error.
static char quiet[] = "HWLOC_HIDE_ERRORS=2";
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int is_ready;

/// Not before main: the environment moves, and Swift's runtime, when it is linked statically, finds the program's
/// arguments beside the first place of it.
static void add_variables(void) { is_ready = putenv(quiet) == 0 && putenv(variable) == 0; }

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
    if (!is_ready || strlen(root) >= PATH_MAX) return NULL;
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
