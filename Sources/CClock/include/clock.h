#pragma once

/// Whether the kernel's clock is kept by a time service (adjtimex(2)); -1 and errno when it cannot be asked.
int vf_clock_synchronised(void);
