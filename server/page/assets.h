/* assets.h — files compiled into the program by embed.sh. */
#ifndef SD_ASSETS_H
#define SD_ASSETS_H
#include <stddef.h>

extern const unsigned char sd_asset_page_css[], sd_asset_page_js[], sd_asset_embed_js[], sd_asset_icon_svg[],
    sd_asset_openapi_yaml[];
extern const size_t sd_asset_page_css_len, sd_asset_page_js_len, sd_asset_embed_js_len, sd_asset_icon_svg_len,
    sd_asset_openapi_yaml_len;
#endif
