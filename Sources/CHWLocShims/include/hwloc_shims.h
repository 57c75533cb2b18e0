#pragma once
#include <hwloc.h>

// hwloc takes the root of its reading from the environment alone (HWLOC_FSROOT), which a program with threads must not
// change. So the first call puts the variable there, in storage of our own, and from then on only what stands in it is
// changed.

/// Processors, caches and memory of the machine whose files lie below `root`; NULL when hwloc refuses. No devices, and
/// nothing asked of the processor that this runs on.
hwloc_topology_t vf_hwloc_load(const char *root);
