/* Between `begin` and `end` callgrind counts; it is told so by requests that cost nothing outside it. */
#include <valgrind/callgrind.h>

void begin(void) { CALLGRIND_START_INSTRUMENTATION; }
void end(void) { CALLGRIND_STOP_INSTRUMENTATION; }
