#define _GNU_SOURCE
#include "process.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

int vf_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

int vf_memfd(const char *name) { return memfd_create(name, MFD_CLOEXEC); }

int vf_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

int vf_spawn_close_from(posix_spawn_file_actions_t *actions, int lowest) {
    return posix_spawn_file_actions_addclosefrom_np(actions, lowest);
}
