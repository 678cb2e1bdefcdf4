/* SPDX-License-Identifier: Apache-2.0 */
#include "commands.h"

#include "exit_codes.h"
#include "options.h"
#include "output.h"
#include "version.h"

#include <redisrestore/codec/decode.h>
#include <redisrestore/codec/pack.h>
#include <redisrestore/crypto/digest.h>
#include <redisrestore/http/http.h>
#include <redisrestore/server/server.h>
#include <redisrestore/text/json.h>
#include <redisrestore/text/xml_push.h>
#include <redisrestore/text/yaml_tree.h>

enum { TEXT_MAX = 8 * 1024 };

const struct rr_command rr_version_command = {
    .name = "version",
    .summary = "print version, commit and libraries",
    .purpose = "Prints the version, the commit, the libraries that it was built with, and those that are loaded.\n",
    .epilogue = "Example:\n  redisrestore version\n",
};

static void add_version(struct rr_buf *text)
{
    static void (*const name[])(struct rr_buf *) = {
        rr_http_name_library, rr_digest_name_library, rr_json_name_library, rr_xml_push_name_library,
        rr_yaml_name_library, rr_server_name_library, rr_pack_name_library, rr_decode_name_libraries,
    };
    rr_buf_addf(text, "redisrestore %s\ncommit %s\nbuilt with %s\n", rr_version, rr_version_commit,
                rr_version_libraries);
    for (size_t i = 0; i < RR_COUNT(name); i++) {
        rr_buf_add(text, i == 0 ? RR_LIT("loaded ") : RR_LIT(", "));
        name[i](text);
    }
    rr_buf_add_byte(text, '\n');
}

int rr_cmd_version(int argc, char **argv)
{
    struct rr_error err;
    bool help = false;
    if (!rr_options_parse(&rr_version_command, argc, argv, NULL, &help, &err)) {
        rr_output_complain(err.message);
        return RR_EXIT_USAGE;
    }
    rr_auto(buf) text = RR_BUF(TEXT_MAX);
    if (help)
        rr_options_help(&rr_version_command, &text);
    else
        add_version(&text);
    return rr_output_print(&text);
}
