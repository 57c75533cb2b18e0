#include "clock.h"
#include <sys/timex.h>

int vf_clock_synchronised(void) {
    struct timex state = {.modes = 0};
    return adjtimex(&state) < 0 ? -1 : (state.status & STA_UNSYNC) == 0;
}
