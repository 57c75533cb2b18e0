#pragma once

/// syncfs(2), which Swift does not see: what was written to the file system of the descriptor is on the disk; or -1 and errno.
int vf_syncfs(int descriptor);

/// When the file of the descriptor was made, in nanoseconds since 1970 (statx(2)); or -1 where the file system does not tell.
long long vf_birth_time(int descriptor);
