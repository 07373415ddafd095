/* SPDX-License-Identifier: Apache-2.0 */
#define SPLIT_ENTRY godwit_plugin_v1_mysql
#define SPLIT_AGAIN 0
#include "split.h"
