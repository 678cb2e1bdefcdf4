/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/text/yaml_tree.h>

#include <redisrestore/base/mem.h>

#include <yaml.h>

enum {
    NODES_MAX = 100000, /* every alias counted as a copy: "billion laughs" ends here */
    DEPTH_MAX = 64,
    ANCHORS_MAX = 256, /* they are searched one by one */
};

enum kind { KIND_NULL, KIND_SCALAR, KIND_SEQUENCE, KIND_MAPPING };

struct rr_yaml_node {
    enum kind kind;
    bool is_alias;              /* then text and first are the anchor's */
    bool is_plain;              /* a scalar that stands without quotes and tag */
    struct rr_yaml_node *next;  /* owns */
    struct rr_yaml_node *first; /* owns: the chain of elements or members */
    char *name;                 /* owns; of a member */
    char *text;                 /* owns; of a scalar */
    size_t text_len;
    size_t count; /* nodes in this tree, itself among them */
    int height;   /* levels of this tree, its own among them */
};

struct reader {
    yaml_parser_t parser;
    yaml_event_t event; /* the current one */
    bool has_event;
    struct anchor {
        char *name; /* owns */
        const struct rr_yaml_node *node;
        bool is_open; /* its node is being read: an alias to it would be endless */
    } anchors[ANCHORS_MAX];
    size_t anchor_count;
    size_t node_count;
    struct rr_error *err;
};

static bool refuse(struct reader *reader, yaml_mark_t mark, const char *words)
{
    return rr_fail(reader->err, RR_E_BAD_INPUT, "line %zu of the YAML: %s", mark.line + 1, words);
}

static bool next_event(struct reader *reader)
{
    if (reader->has_event)
        yaml_event_delete(&reader->event);
    reader->has_event = yaml_parser_parse(&reader->parser, &reader->event) == 1;
    return reader->has_event || refuse(reader, reader->parser.problem_mark, "not well-formed");
}

/* Recursion is as deep as the tree: DEPTH_MAX at most. */
static void free_chain(struct rr_yaml_node *node)
{
    while (node != NULL) {
        struct rr_yaml_node *next = node->next;
        if (!node->is_alias) {
            free_chain(node->first);
            rr_wipe(node->text, node->text_len); /* a kubeconfig has tokens and keys */
            rr_free(node->text);
        }
        rr_free(node->name);
        rr_free(node);
        node = next;
    }
}

static bool add_nodes(struct reader *reader, size_t count)
{
    reader->node_count += count;
    return reader->node_count <= NODES_MAX || refuse(reader, reader->event.start_mark, "too many values");
}

static bool open_anchor(struct reader *reader, const yaml_char_t *name, struct anchor **out_anchor)
{
    *out_anchor = NULL;
    if (name == NULL)
        return true;
    if (reader->anchor_count == ANCHORS_MAX)
        return refuse(reader, reader->event.start_mark, "too many anchors");
    *out_anchor = &reader->anchors[reader->anchor_count++];
    (*out_anchor)->name = rr_strdup(rr_slice_from((const char *)name));
    (*out_anchor)->is_open = true;
    return true;
}

static bool is_plain(const yaml_event_t *event)
{
    return event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && event->data.scalar.tag == NULL;
}

static bool is_null(const yaml_event_t *event)
{
    static const char *const words[] = { "", "~", "null", "Null", "NULL" };
    if (!is_plain(event))
        return false;
    for (size_t i = 0; i < RR_COUNT(words); i++)
        if (strcmp((const char *)event->data.scalar.value, words[i]) == 0)
            return true;
    return false;
}

static struct rr_slice scalar_of(const yaml_event_t *event)
{
    return (struct rr_slice){ (const char *)event->data.scalar.value, event->data.scalar.length };
}

static bool read_alias(struct reader *reader, struct rr_yaml_node *node, int depth)
{
    struct rr_slice name = rr_slice_from((const char *)reader->event.data.alias.anchor);
    struct anchor *anchor = NULL;
    for (size_t i = reader->anchor_count; i > 0 && anchor == NULL; i--) /* the last of that name holds */
        if (rr_slice_equals(name, rr_slice_from(reader->anchors[i - 1].name)))
            anchor = &reader->anchors[i - 1];
    if (anchor == NULL || anchor->is_open)
        return refuse(reader, reader->event.start_mark, "an alias without an anchor before it");
    const struct rr_yaml_node *target = anchor->node;
    if (depth - 1 + target->height > DEPTH_MAX)
        return refuse(reader, reader->event.start_mark, "too many levels");
    if (!add_nodes(reader, target->count - 1)) /* one is counted for the alias */
        return false;
    *node = (struct rr_yaml_node){
        .kind = target->kind,
        .is_alias = true,
        .is_plain = target->is_plain,
        .first = target->first,
        .text = target->text,
        .text_len = target->text_len,
        .name = node->name,
        .count = target->count,
        .height = target->height,
    };
    return true;
}

static bool read_name(struct reader *reader, char **out_name)
{
    struct rr_slice name = { 0 };
    if (reader->event.type == YAML_SCALAR_EVENT)
        name = scalar_of(&reader->event);
    if (reader->event.type != YAML_SCALAR_EVENT || rr_slice_contains_byte(name, '\0'))
        return refuse(reader, reader->event.start_mark, "a name that is no plain text");
    *out_name = rr_strdup(name);
    return next_event(reader);
}

/* Reads the tree that the current event begins, into the zeroed *node; what it has got so far is in it on failure too.
 */
static bool read_node(struct reader *reader, struct rr_yaml_node *node, int depth);

static bool read_children(struct reader *reader, struct rr_yaml_node *node, int depth)
{
    bool is_mapping = node->kind == KIND_MAPPING;
    yaml_event_type_t end = is_mapping ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT;
    struct rr_yaml_node **link = &node->first;
    while (next_event(reader)) {
        if (reader->event.type == end)
            return true;
        struct rr_yaml_node *child = *link = RR_NEW(struct rr_yaml_node);
        link = &child->next;
        if (is_mapping && !read_name(reader, &child->name))
            return false;
        if (!read_node(reader, child, depth + 1))
            return false;
        node->count += child->count;
        if (node->height <= child->height)
            node->height = child->height + 1;
    }
    return false;
}

static bool read_container(struct reader *reader, struct rr_yaml_node *node, int depth)
{
    bool is_mapping = reader->event.type == YAML_MAPPING_START_EVENT;
    struct anchor *anchor;
    if (!open_anchor(reader,
                     is_mapping ? reader->event.data.mapping_start.anchor : reader->event.data.sequence_start.anchor,
                     &anchor))
        return false;
    node->kind = is_mapping ? KIND_MAPPING : KIND_SEQUENCE;
    if (!read_children(reader, node, depth))
        return false;
    if (anchor != NULL)
        *anchor = (struct anchor){ .name = anchor->name, .node = node };
    return true;
}

static bool read_scalar(struct reader *reader, struct rr_yaml_node *node)
{
    struct anchor *anchor;
    if (!open_anchor(reader, reader->event.data.scalar.anchor, &anchor))
        return false;
    node->kind = is_null(&reader->event) ? KIND_NULL : KIND_SCALAR;
    node->is_plain = is_plain(&reader->event);
    node->text = rr_strdup(scalar_of(&reader->event));
    node->text_len = reader->event.data.scalar.length;
    if (anchor != NULL)
        *anchor = (struct anchor){ .name = anchor->name, .node = node };
    return true;
}

static bool read_node(struct reader *reader, struct rr_yaml_node *node, int depth)
{
    if (depth > DEPTH_MAX)
        return refuse(reader, reader->event.start_mark, "too many levels");
    if (!add_nodes(reader, 1))
        return false;
    node->count = 1;
    node->height = 1;
    if (reader->event.type == YAML_ALIAS_EVENT)
        return read_alias(reader, node, depth);
    if (reader->event.type == YAML_SCALAR_EVENT)
        return read_scalar(reader, node);
    if (reader->event.type == YAML_SEQUENCE_START_EVENT || reader->event.type == YAML_MAPPING_START_EVENT)
        return read_container(reader, node, depth);
    return refuse(reader, reader->event.start_mark, "not well-formed");
}

static bool skip_event(struct reader *reader)
{
    return next_event(reader);
}

static bool read_document(struct reader *reader, struct rr_yaml_node *root)
{
    if (!skip_event(reader) || !next_event(reader)) /* start of the stream; start of a document */
        return false;
    if (reader->event.type == YAML_STREAM_END_EVENT)
        return true;
    if (!next_event(reader) || !read_node(reader, root, 1))
        return false;
    if (!skip_event(reader) || !next_event(reader)) /* end of the document; end of the stream */
        return false;
    return reader->event.type == YAML_STREAM_END_EVENT ||
           refuse(reader, reader->event.start_mark, "more than one document");
}

bool rr_yaml_parse(struct rr_slice text, struct rr_yaml *out_yaml, struct rr_error *err)
{
    struct reader *reader = RR_NEW(struct reader);
    reader->err = err;
    if (yaml_parser_initialize(&reader->parser) != 1)
        rr_die("out of memory in libyaml");
    yaml_parser_set_encoding(&reader->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reader->parser, (const unsigned char *)(text.ptr != NULL ? text.ptr : ""), text.len);

    struct rr_yaml_node *root = RR_NEW(struct rr_yaml_node);
    bool read = read_document(reader, root);
    if (reader->has_event)
        yaml_event_delete(&reader->event);
    for (size_t i = 0; i < reader->anchor_count; i++)
        rr_free(reader->anchors[i].name);
    yaml_parser_delete(&reader->parser);
    rr_free(reader);
    if (!read || root->kind == KIND_NULL) {
        free_chain(root);
        root = NULL;
    }
    if (read)
        out_yaml->root = root;
    return read;
}

void rr_yaml_done(struct rr_yaml *yaml)
{
    if (yaml == NULL)
        return;
    free_chain(yaml->root);
    yaml->root = NULL;
}

const struct rr_yaml_node *rr_yaml_member(const struct rr_yaml_node *mapping, const char *name)
{
    const struct rr_yaml_node *found = NULL;
    if (!rr_yaml_is_mapping(mapping))
        return NULL;
    for (const struct rr_yaml_node *member = mapping->first; member != NULL; member = member->next)
        if (strcmp(member->name, name) == 0)
            found = member;
    return found != NULL && found->kind == KIND_NULL ? NULL : found;
}

bool rr_yaml_is_mapping(const struct rr_yaml_node *node)
{
    return node != NULL && node->kind == KIND_MAPPING;
}

bool rr_yaml_is_sequence(const struct rr_yaml_node *node)
{
    return node != NULL && node->kind == KIND_SEQUENCE;
}

bool rr_yaml_is_scalar(const struct rr_yaml_node *node)
{
    return node != NULL && node->kind == KIND_SCALAR;
}

struct rr_slice rr_yaml_text(const struct rr_yaml_node *node)
{
    return rr_yaml_is_scalar(node) ? (struct rr_slice){ node->text, node->text_len } : (struct rr_slice){ 0 };
}

const struct rr_yaml_node *rr_yaml_first(const struct rr_yaml_node *sequence)
{
    return rr_yaml_is_sequence(sequence) ? sequence->first : NULL;
}

const struct rr_yaml_node *rr_yaml_next(const struct rr_yaml_node *node)
{
    return node != NULL ? node->next : NULL;
}

const struct rr_yaml_node *rr_yaml_first_member(const struct rr_yaml_node *mapping)
{
    return rr_yaml_is_mapping(mapping) ? mapping->first : NULL;
}

struct rr_slice rr_yaml_name(const struct rr_yaml_node *member)
{
    return rr_slice_from(member != NULL ? member->name : NULL);
}

bool rr_yaml_is_plain(const struct rr_yaml_node *node)
{
    return rr_yaml_is_scalar(node) && node->is_plain;
}

void rr_yaml_name_library(struct rr_buf *out_name)
{
    rr_buf_addf(out_name, "libyaml %s", yaml_get_version_string());
}
