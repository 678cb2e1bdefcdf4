/* SPDX-License-Identifier: Apache-2.0 */
/* A failed rr_assert ends the process by _exit, which libFuzzer does not see: it would keep no input. So _exit traps
 * here (ld --wrap). */
_Noreturn void __wrap__exit(int code);

_Noreturn void __wrap__exit(int code)
{
    (void)code;
    __builtin_trap();
}
