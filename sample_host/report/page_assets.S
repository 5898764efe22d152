/* The files of page/ as bytes, one behind the other; CMakeLists.txt says where they are, and that this is assembled
 * again when one of them has changed. No generator, no limit of a literal's length, and editors see plain files. */
    .section .rodata

    .macro asset name
    .globl study_page_\name\()_begin
    .hidden study_page_\name\()_begin
study_page_\name\()_begin:
    .endm

    .macro asset_end name
    .globl study_page_\name\()_end
    .hidden study_page_\name\()_end
study_page_\name\()_end:
    .endm

    asset script
    .incbin "data.js"
    .incbin "text.js"
    .incbin "filter.js"
    .incbin "canvas.js"
    .incbin "overview.js"
    .incbin "failures.js"
    .incbin "timeline.js"
    .incbin "results.js"
    .incbin "statistics.js"
    .incbin "dimensions.js"
    .incbin "durations.js"
    .incbin "table.js"
    .incbin "run.js"
    .incbin "address.js"
    .incbin "controls.js"
    .incbin "start.js"
    asset_end script

    asset style
    .incbin "page.css"
    asset_end style

    asset body
    .incbin "body.html"
    asset_end body

    .section .note.GNU-stack, "", %progbits
