#pragma once
#include <spawn.h>
#include <stddef.h>

// GNU and Linux functions that Swift's Glibc module leaves out. Each returns what its namesake does; descriptors are
// close-on-exec.

int vf_pipe(int ends[2]);
int vf_memfd(const char *name);
/// Readable when the process ends.
int vf_pidfd_open(pid_t pid);
int vf_spawn_close_from(posix_spawn_file_actions_t *actions, int lowest);
