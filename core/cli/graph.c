/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/graph.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

/* A history with a thousand open branches is drawn as far as anybody can read it: the output stays linear. */
enum {
    DRAWN = 32
};
#define FREE UINT32_MAX

enum {
    UP = 1,
    DOWN = 2,
    LEFT = 4,
    RIGHT = 8
};

/* By the directions in which a line leaves the cell. */
static const char *const UNICODE_CELLS[16] = { " ", "╵", "╷", "│", "╴", "╯", "╮", "┤",
                                               "╶", "╰", "╭", "├", "─", "┴", "┬", "┼" };
static const char *const ASCII_CELLS[16] = { " ", "|", "|", "|", "-", "'", ".", "|",
                                             "-", "`", ".", "|", "-", "+", "+", "+" };

bool gw_graph_unicode(void)
{
    locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
    if (!locale)
        return false;
    bool unicode = strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;
    freelocale(locale);
    return unicode;
}

int gw_graph_init(struct gw_graph *out, const struct gw_history *history, const uint8_t *shown,
                  bool unicode, struct gw_fault *fault)
{
    *out = (struct gw_graph){ .history = history, .shown = shown, .unicode = unicode };
    out->lane_of = malloc((history->n + 1) * sizeof *out->lane_of);
    if (!out->lane_of)
        return gw_fail_memory(fault);
    memset(out->lane_of, 0xFF, (history->n + 1) * sizeof *out->lane_of);
    return GW_DONE;
}

void gw_graph_free(struct gw_graph *graph)
{
    free(graph->lane_of);
    gw_vec_free(&graph->lanes);
    gw_vec_free(&graph->vacant);
}

/* The leftmost free lane among those that are drawn, else any. */
static int lane_open(struct gw_graph *graph, uint32_t revision, struct gw_fault *fault)
{
    size_t lane = 0;
    while (lane < graph->lanes.len && lane < DRAWN && graph->lanes.at[lane] != FREE)
        lane++;
    if (lane == DRAWN && graph->vacant.len)
        lane = graph->vacant.at[--graph->vacant.len];
    else if (lane == DRAWN)
        lane = graph->lanes.len;
    if (lane == graph->lanes.len && !gw_vec_push(&graph->lanes, FREE))
        return gw_fail_memory(fault);
    graph->lanes.at[lane] = revision;
    graph->lane_of[revision] = (uint32_t)lane;
    graph->n_wide += lane >= DRAWN;
    return GW_DONE;
}

static int lane_close(struct gw_graph *graph, uint32_t lane, struct gw_fault *fault)
{
    graph->lanes.at[lane] = FREE;
    if (lane < DRAWN) {
        while (graph->lanes.len && graph->lanes.len <= DRAWN &&
               graph->lanes.at[graph->lanes.len - 1] == FREE)
            graph->lanes.len--;
        return GW_DONE;
    }
    graph->n_wide--;
    return gw_vec_push(&graph->vacant, lane) ? GW_DONE : gw_fail_memory(fault);
}

static size_t drawn_lanes(const struct gw_graph *graph)
{
    return graph->lanes.len < DRAWN ? graph->lanes.len : DRAWN;
}

static void add_rest(const struct gw_graph *graph, struct gw_buf *out)
{
    if (graph->n_wide)
        gw_buf_text(out, graph->unicode ? "… " : "> ");
}

/* One row: every open lane, and the node in its own. */
static void draw_row(const struct gw_graph *graph, uint32_t node, struct gw_buf *out)
{
    const char *const *cells = graph->unicode ? UNICODE_CELLS : ASCII_CELLS;
    for (size_t lane = 0; lane < drawn_lanes(graph); lane++) {
        if (lane == node)
            gw_buf_text(out, graph->unicode ? "●" : "*");
        else
            gw_buf_text(out, cells[graph->lanes.at[lane] == FREE ? 0 : UP | DOWN]);
        gw_buf_char(out, ' ');
    }
    add_rest(graph, out);
}

/* The row below a node, which leads to the lanes of its parents. */
struct joins {
    uint32_t own;         /* the node's lane */
    bool ends[DRAWN];     /* the lanes that it leads to */
    bool before[DRAWN];   /* what is open above the row; the graph's lanes are what is open below */
    uint32_t left, right; /* how far the line reaches */
};

static void joins_reach(struct joins *joins)
{
    joins->left = joins->right = joins->own;
    for (uint32_t lane = 0; lane < DRAWN; lane++) {
        if (joins->ends[lane] && lane < joins->left)
            joins->left = lane;
        if (joins->ends[lane] && lane > joins->right)
            joins->right = lane;
    }
}

static unsigned joins_cell(const struct gw_graph *graph, const struct joins *joins, uint32_t lane)
{
    const bool open = lane < graph->lanes.len && graph->lanes.at[lane] != FREE;
    const unsigned left = lane > joins->left ? LEFT : 0, right = lane < joins->right ? RIGHT : 0;
    const unsigned cell = (joins->before[lane] ? UP : 0u) | (open ? DOWN : 0u);

    if (lane < joins->left || lane > joins->right)
        return cell;
    if (joins->ends[lane] || lane == joins->own)
        return cell | left | right;
    return cell ? cell : left | right; /* the line passes behind an open lane */
}

static void draw_joins(const struct gw_graph *graph, struct joins *joins, struct gw_buf *out)
{
    const char *const *cells = graph->unicode ? UNICODE_CELLS : ASCII_CELLS;

    joins_reach(joins);
    if (joins->left == joins->right)
        return;
    for (uint32_t lane = 0; lane < DRAWN; lane++) {
        bool across = lane >= joins->left && lane < joins->right;
        gw_buf_text(out, cells[joins_cell(graph, joins, lane)]);
        gw_buf_text(out, across ? cells[LEFT | RIGHT] : " ");
    }
    add_rest(graph, out);
}

static void trim(struct gw_buf *out)
{
    while (out->len && out->data[out->len - 1] == ' ')
        out->data[--out->len] = '\0';
}

/* The further lines of text stand beside the open lanes. */
static void draw_text(const struct gw_graph *graph, const char *text, struct gw_buf *out)
{
    for (;;) {
        size_t len = strcspn(text, "\n");
        gw_buf_add(out, text, len);
        trim(out);
        text += len;
        if (!*text || !text[1])
            return;
        text++;
        gw_buf_char(out, '\n');
        draw_row(graph, FREE, out);
    }
}

/* The lane further right that waits for parent ends here, in the node's own, which goes on. */
static int take_over(struct gw_graph *graph, uint32_t own, uint32_t parent, struct gw_fault *fault)
{
    uint32_t other = graph->lane_of[parent];
    graph->lanes.at[own] = parent;
    graph->lane_of[parent] = own;
    return lane_close(graph, other, fault);
}

/* Gives each parent a lane. One of them goes on in the node's own lane, so that a trunk stays on the left. */
static int place_parents(struct gw_graph *graph, uint32_t own, const struct gw_revision *revision,
                         bool ends[DRAWN], struct gw_fault *fault)
{
    bool continued = false;
    int code = GW_DONE;

    for (uint32_t i = 0; i < revision->n_parents && !code; i++) {
        uint32_t parent = revision->parents[i], lane = graph->lane_of[parent];
        if (!graph->shown[parent])
            continue;
        if (lane == FREE && !continued) {
            graph->lanes.at[own] = parent;
            graph->lane_of[parent] = own;
            continued = true;
            continue;
        }
        if (lane == FREE) {
            code = lane_open(graph, parent, fault);
            lane = graph->lane_of[parent];
        } else if (lane > own && !continued) {
            code = take_over(graph, own, parent, fault);
            continued = true;
        }
        if (lane < DRAWN)
            ends[lane] = true;
    }
    return continued || code ? code : lane_close(graph, own, fault);
}

int gw_graph_draw(struct gw_graph *graph, uint32_t revision, const char *text, struct gw_buf *out,
                  struct gw_fault *fault)
{
    struct joins joins = { 0 };
    struct gw_buf row = GW_BUF_TEXT;

    if (graph->lane_of[revision] == FREE && lane_open(graph, revision, fault))
        return fault->code;
    joins.own = graph->lane_of[revision];
    draw_row(graph, joins.own, out);
    for (uint32_t lane = 0; lane < drawn_lanes(graph); lane++)
        joins.before[lane] = graph->lanes.at[lane] != FREE;
    if (place_parents(graph, joins.own, &graph->history->at[revision], joins.ends, fault))
        return fault->code;
    draw_text(graph, text, out);
    if (joins.own < DRAWN)
        draw_joins(graph, &joins, &row);
    trim(&row);
    if (row.len)
        gw_buf_printf(out, "\n%s", gw_buf_str(&row));
    gw_buf_free(&row);
    return out->failed ? gw_fail_memory(fault) : GW_DONE;
}
