#include "include/ConsoleFiles.h"

#include <string.h>

#pragma clang diagnostic ignored "-Wc23-extensions"

#define JS "text/javascript; charset=utf-8"

// A file is entered here once: its name, the C name of its bytes, and its type.
#define FILES(EACH) \
    EACH("index.html", index_html, "text/html; charset=utf-8") \
    EACH("style.css", style_css, "text/css; charset=utf-8") \
    EACH("seam.svg", seam_svg, "image/svg+xml") \
    EACH("app.js", app_js, JS) \
    EACH("api.js", api_js, JS) \
    EACH("charts.js", charts_js, JS) \
    EACH("dom.js", dom_js, JS) \
    EACH("house.js", house_js, JS) \
    EACH("keys.js", keys_js, JS) \
    EACH("live.js", live_js, JS) \
    EACH("parts.js", parts_js, JS) \
    EACH("sign.js", sign_js, JS) \
    EACH("pages/audit.js", pages_audit_js, JS) \
    EACH("pages/chaos.js", pages_chaos_js, JS) \
    EACH("pages/decide.js", pages_decide_js, JS) \
    EACH("pages/incident.js", pages_incident_js, JS) \
    EACH("pages/incidents.js", pages_incidents_js, JS) \
    EACH("pages/now.js", pages_now_js, JS) \
    EACH("pages/objectives.js", pages_objectives_js, JS) \
    EACH("pages/postmortems.js", pages_postmortems_js, JS) \
    EACH("pages/pulls.js", pages_pulls_js, JS) \
    EACH("pages/seam.js", pages_seam_js, JS) \
    EACH("pages/shop.js", pages_shop_js, JS) \
    EACH("pages/signin.js", pages_signin_js, JS) \
    EACH("pages/why.js", pages_why_js, JS)

// The preprocessor makes no directive out of a macro: each file's bytes have their own lines.
static const unsigned char index_html[] = {
#embed "assets/index.html"
};
static const unsigned char style_css[] = {
#embed "assets/style.css"
};
static const unsigned char seam_svg[] = {
#embed "assets/seam.svg"
};
static const unsigned char app_js[] = {
#embed "assets/app.js"
};
static const unsigned char api_js[] = {
#embed "assets/api.js"
};
static const unsigned char charts_js[] = {
#embed "assets/charts.js"
};
static const unsigned char dom_js[] = {
#embed "assets/dom.js"
};
static const unsigned char house_js[] = {
#embed "assets/house.js"
};
static const unsigned char keys_js[] = {
#embed "assets/keys.js"
};
static const unsigned char live_js[] = {
#embed "assets/live.js"
};
static const unsigned char parts_js[] = {
#embed "assets/parts.js"
};
static const unsigned char sign_js[] = {
#embed "assets/sign.js"
};
static const unsigned char pages_audit_js[] = {
#embed "assets/pages/audit.js"
};
static const unsigned char pages_chaos_js[] = {
#embed "assets/pages/chaos.js"
};
static const unsigned char pages_decide_js[] = {
#embed "assets/pages/decide.js"
};
static const unsigned char pages_incident_js[] = {
#embed "assets/pages/incident.js"
};
static const unsigned char pages_incidents_js[] = {
#embed "assets/pages/incidents.js"
};
static const unsigned char pages_now_js[] = {
#embed "assets/pages/now.js"
};
static const unsigned char pages_objectives_js[] = {
#embed "assets/pages/objectives.js"
};
static const unsigned char pages_postmortems_js[] = {
#embed "assets/pages/postmortems.js"
};
static const unsigned char pages_pulls_js[] = {
#embed "assets/pages/pulls.js"
};
static const unsigned char pages_seam_js[] = {
#embed "assets/pages/seam.js"
};
static const unsigned char pages_shop_js[] = {
#embed "assets/pages/shop.js"
};
static const unsigned char pages_signin_js[] = {
#embed "assets/pages/signin.js"
};
static const unsigned char pages_why_js[] = {
#embed "assets/pages/why.js"
};

#define ENTRY(name, bytes, type) {name, type, bytes, sizeof bytes},
static const console_file files[] = {FILES(ENTRY)};

size_t console_file_count(void) { return sizeof files / sizeof files[0]; }

const console_file *console_file_at(size_t place) { return place < console_file_count() ? &files[place] : NULL; }

const console_file *console_file_named(const char *name) {
    for (size_t place = 0; place < console_file_count(); place++)
        if (strcmp(files[place].name, name) == 0) return &files[place];
    return NULL;
}
