#define _GNU_SOURCE
#include "filesync.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

int vf_syncfs(int descriptor) {
    return syncfs(descriptor);
}

long long vf_birth_time(int descriptor) {
    struct statx information;
    if (statx(descriptor, "", AT_EMPTY_PATH, STATX_BTIME, &information) != 0) return -1;
    if (!(information.stx_mask & STATX_BTIME)) return -1;
    return information.stx_btime.tv_sec * 1000000000LL + information.stx_btime.tv_nsec;
}
