/* SPDX-License-Identifier: Apache-2.0 */
#define SPLIT_ENTRY godwit_plugin_v1_sqlite
#define SPLIT_AGAIN 1
#include "split.h"
