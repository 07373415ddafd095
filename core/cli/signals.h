/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GW_CLI_SIGNALS_H
#define GW_CLI_SIGNALS_H

#include "base/stop.h"

/* From here on Ctrl-C asks to stop now, SIGTERM and SIGHUP to stop soon, and a closed pipe is an error of
 * the write. A signal that was ignored stays so. The flag lives as long as the program. */
const struct gw_stop *gw_signals_install(void);

#endif
