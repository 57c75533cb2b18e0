#pragma once
#include <stdint.h>

/// openat2(2), which glibc does not wrap: a descriptor that is closed on exec, or -1 and errno.
/// `resolve` holds RESOLVE_* bits.
int vf_openat2(int directory, const char *path, uint64_t flags, uint64_t resolve);

/// RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS: symbolic links, `..` and absolute paths stay below the directory.
extern const uint64_t vf_resolve_in_root;

/// O_PATH, which Swift does not see: a descriptor that names a file without opening it.
extern const int vf_path_only;
