/* SPDX-License-Identifier: Apache-2.0 */
#include "commands.h"

#include "cluster.h"
#include "completion.h"
#include "exit_codes.h"
#include "output.h"

enum { SCRIPT_MAX_BYTES = 8 * 1024, ANSWER_MAX_BYTES = 512 * 1024, LOOK_UP_MS = 3000 };

/* Bash splits "--flag=value" into three words, and the script joins them. Bash replaces only the text after "=". */
static const char bash_script[] = "# Completion of redisrestore for bash 4.2 and later: redisrestore completion bash > "
                                  "/etc/bash_completion.d/redisrestore\n"
                                  "_redisrestore() {\n"
                                  "    local words=() word glued='' reply i\n"
                                  "    for ((i = 0; i <= COMP_CWORD; i++)); do\n"
                                  "        word=${COMP_WORDS[i]}\n"
                                  "        if ((i > 0)) && [[ $word == = || -n $glued ]]; then\n"
                                  "            words[${#words[@]} - 1]+=$word\n"
                                  "        else\n"
                                  "            words+=(\"$word\")\n"
                                  "        fi\n"
                                  "        [[ $word == = ]] && glued=yes || glued=''\n"
                                  "    done\n"
                                  "    reply=$(\"${words[0]}\" __complete \"${words[@]:1}\" 2>/dev/null) || return\n"
                                  "    COMPREPLY=()\n"
                                  "    while IFS=$'\\t' read -r word _; do\n"
                                  "        [[ $word == :* ]] || COMPREPLY+=(\"$word\")\n"
                                  "    done <<<\"$reply\"\n"
                                  "    case ${reply##*:} in\n"
                                  "        0) compopt -o default ;;\n"
                                  "        16) compopt -o dirnames ;;\n"
                                  "    esac\n"
                                  "}\n"
                                  "complete -F _redisrestore redisrestore kubectl-redisrestore\n";

static const char zsh_script[] =
    "#compdef redisrestore kubectl-redisrestore\n"
    "# Completion of redisrestore for zsh: redisrestore completion zsh > \"${fpath[1]}/_redisrestore\"\n"
    "_redisrestore() {\n"
    "    local reply directive line\n"
    "    local -a items\n"
    "    reply=$(\"${words[1]}\" __complete \"${(@)words[2,CURRENT]}\" 2>/dev/null) || return 1\n"
    "    directive=${reply##*:}\n"
    "    for line in \"${(@f)reply}\"; do\n"
    "        [[ $line == :* ]] && continue\n"
    "        items+=(\"${${line%%$'\\t'*}//:/\\\\:}:${line#*$'\\t'}\")\n"
    "    done\n"
    "    [[ $PREFIX == --*=* ]] && compset -P '*='\n"
    "    (($#items)) && _describe -t values value items\n"
    "    case $directive in\n"
    "        0) _files ;;\n"
    "        16) _files -/ ;;\n"
    "    esac\n"
    "}\n"
    "if [[ ${funcstack[1]} == _redisrestore ]]; then\n"
    "    _redisrestore \"$@\"\n"
    "else\n"
    "    compdef _redisrestore redisrestore kubectl-redisrestore\n"
    "fi\n";

struct completion_options {
    const char *script;
};

static bool set_shell(void *options, struct rr_slice value, struct rr_error *err)
{
    bool is_bash = rr_slice_equals(value, RR_LIT("bash"));
    if (!is_bash && !rr_slice_equals(value, RR_LIT("zsh")))
        return rr_fail(err, RR_E_BAD_INPUT, "must be bash or zsh");
    ((struct completion_options *)options)->script = is_bash ? bash_script : zsh_script;
    return true;
}

static const struct rr_operand operand = { "SHELL", RR_OPERAND_WORD, true, "bash or zsh", set_shell };

const struct rr_command rr_completion_command = {
    .name = "completion",
    .summary = "print a script that completes these commands in a shell",
    .purpose =
        "Prints a completion script for a shell. The script asks the binary for candidates, also for the names of\n"
        "RedisRestores in the cluster. kubectl asks kubectl_complete-redisrestore, a link to the binary.\n",
    .epilogue = "Examples:\n"
                "  source <(redisrestore completion bash)\n"
                "  redisrestore completion zsh > \"${fpath[1]}/_redisrestore\"\n",
    .operand = &operand,
};

int rr_cmd_completion(int argc, char **argv)
{
    struct completion_options options = { 0 };
    struct rr_error err = { 0 };
    bool help = false;
    if (!rr_options_parse(&rr_completion_command, argc, argv, &options, &help, &err)) {
        rr_output_complain(err.message);
        return RR_EXIT_USAGE;
    }
    rr_auto(buf) text = RR_BUF(SCRIPT_MAX_BYTES);
    if (help)
        rr_options_help(&rr_completion_command, &text);
    else
        rr_buf_add(&text, rr_slice_from(options.script));
    return rr_output_print(&text);
}

static bool add_object(void *context, const struct rr_json_node *object, struct rr_error *err)
{
    struct rr_completion *completion = context;
    (void)err;
    rr_completion_add(completion, rr_json_text(rr_json_path(object, "metadata", "name", NULL)), (struct rr_slice){ 0 });
    return true;
}

/* Without a reachable cluster there are no names to offer. A message would disturb the command line. */
static void add_objects(struct rr_completion *completion)
{
    struct rr_cluster cluster;
    struct rr_error ignored;
    if (rr_cluster_open(&cluster, &completion->cluster, &ignored)) {
        cluster.log.level = RR_LOG_ERROR;
        struct rr_restore_at at = rr_cluster_at(&cluster, &completion->cluster, (struct rr_slice){ 0 });
        at.deadline_ms = rr_deadline_after(rr_clock_monotonic_ms(&rr_clock_system), LOOK_UP_MS);
        (void)!rr_restore_list(&at, completion, add_object, &ignored);
    }
    (void)rr_cluster_close(&cluster);
}

int rr_cmd_complete(int argc, char **argv)
{
    struct rr_completion completion;
    rr_completion_answer((const char *const *)argv + 1, argc > 0 ? (size_t)argc - 1 : 0, &completion);
    if (completion.wants_objects)
        add_objects(&completion);
    rr_auto(buf) text = RR_BUF(ANSWER_MAX_BYTES);
    rr_buf_addf(&text, "%s:%d\n", rr_buf_text(&completion.lines), (int)completion.directive);
    rr_completion_done(&completion);
    return rr_output_print(&text);
}
