# adc_parser(OUT_VAR LEXER.l PARSER.y)
#
# Rules that make lexer.c, lexer.h, parser.c and parser.h in generated/FOLDER of the build tree, to be
# included as "FOLDER/parser.h"; OUT_VAR gets the list. A conflict in the grammar is an error (`%expect 0`),
# and so is any warning of bison. The skeletons of flex and bison are not ours: of the warnings their
# code is known to raise, those are switched off that nothing here could mend.

find_program(BISON_EXECUTABLE bison REQUIRED)
find_program(FLEX_EXECUTABLE flex REQUIRED)

function(adc_parser out lexer parser)
    cmake_path(GET CMAKE_CURRENT_SOURCE_DIR FILENAME folder)
    set(to ${PROJECT_BINARY_DIR}/generated/${folder})
    file(MAKE_DIRECTORY ${to})
    add_custom_command(OUTPUT ${to}/parser.c ${to}/parser.h
        COMMAND ${BISON_EXECUTABLE} -Wall -Werror --output=${to}/parser.c --header=${to}/parser.h
            ${CMAKE_CURRENT_SOURCE_DIR}/${parser}
        DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${parser} VERBATIM)
    add_custom_command(OUTPUT ${to}/lexer.c ${to}/lexer.h
        COMMAND ${FLEX_EXECUTABLE} --outfile=${to}/lexer.c --header-file=${to}/lexer.h
            ${CMAKE_CURRENT_SOURCE_DIR}/${lexer}
        DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${lexer} VERBATIM)
    set_source_files_properties(${to}/lexer.c PROPERTIES COMPILE_OPTIONS
        "-Wno-conversion;-Wno-sign-compare;-Wno-unused-function;-Wno-unused-but-set-variable;-Wno-unused-parameter")
    set_source_files_properties(${to}/parser.c PROPERTIES COMPILE_OPTIONS
        "-Wno-conversion;-Wno-unused-but-set-variable")
    set(${out} ${to}/parser.c ${to}/parser.h ${to}/lexer.c ${to}/lexer.h PARENT_SCOPE)
endfunction()
