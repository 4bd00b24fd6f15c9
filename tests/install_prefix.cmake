# cmake -D BUILD=... -D PREFIX=... -P: installs the build folder into a fresh prefix, for the tests that use one.
file(REMOVE_RECURSE ${PREFIX})
execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --prefix ${PREFIX} OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
