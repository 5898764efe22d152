# study_add_observer(<name> <source>...)
#
# A plugin: the shared library <name>.so, without the lib prefix, that exports the entry point and nothing else.
# Hidden visibility alone is not enough, since templates of the standard library and statics that g++ marks
# STB_GNU_UNIQUE would still be exported, bound across libraries and pin this one.
function(study_add_observer name)
  set(version_script "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/study_observer.map")
  add_library(${name} MODULE ${ARGN})
  target_link_libraries(${name} PRIVATE study::host_api)
  set_target_properties(
    ${name}
    PROPERTIES PREFIX ""
               CXX_VISIBILITY_PRESET hidden
               VISIBILITY_INLINES_HIDDEN ON
               LINK_DEPENDS ${version_script})
  target_link_options(${name} PRIVATE "LINKER:--version-script=${version_script}"
                      "LINKER:-z,defs" "LINKER:--gc-sections")
endfunction()
