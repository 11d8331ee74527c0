/* The wall clock.  Other clocks are left alone. */
#include "shim.h"

#include <dlfcn.h>
#include <sys/time.h>

typedef int Clock(clockid_t, struct timespec *);

static Clock *realClock; /* it reads the clock without a system call (vdso(7)) */

__attribute__((constructor)) static void findClock(void) { realClock = (Clock *)dlsym(RTLD_NEXT, "clock_gettime"); }

EXPORT int clock_gettime(clockid_t clock, struct timespec *now) {
    int result = realClock ? realClock(clock, now) : (int)syscall(SYS_clock_gettime, clock, now);
    if (!result && control && control->clock && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
        int64_t shifted = now->tv_sec * 1000000000 + now->tv_nsec + control->clock;
        *now = (struct timespec){shifted / 1000000000, shifted % 1000000000};
    }
    return result;
}

EXPORT int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec found;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &found);
    *now = (struct timeval){found.tv_sec, found.tv_nsec / 1000};
    return 0;
}

EXPORT time_t time(time_t *result) {
    struct timespec found;
    clock_gettime(CLOCK_REALTIME, &found);
    if (result)
        *result = found.tv_sec;
    return found.tv_sec;
}
