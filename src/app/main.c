/* SPDX-License-Identifier: Apache-2.0 */
#include "commands.h"
#include "runtime.h"
#include "signals.h"

int main(int argc, char **argv)
{
    rr_runtime_harden();
    rr_signals_block();
    return rr_commands_run(argc, argv);
}
