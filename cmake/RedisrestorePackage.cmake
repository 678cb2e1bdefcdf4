# SPDX-License-Identifier: Apache-2.0
# The contents of a package beside the binary: manual pages and completions, which the binary writes from its tables of options,
# documentation, and the licence. `cmake --install`, or `cpack -G DEB` for a Debian package. Nothing of it is a service:
# the controller runs in a cluster.

set(generated_manual ${CMAKE_BINARY_DIR}/man/redisrestore.1)
set(generated_bash ${CMAKE_BINARY_DIR}/completions/redisrestore)
set(generated_zsh ${CMAKE_BINARY_DIR}/completions/_redisrestore)
if(NOT CMAKE_CROSSCOMPILING)
  add_custom_command(OUTPUT ${generated_manual} ${generated_bash} ${generated_zsh}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/man ${CMAKE_BINARY_DIR}/completions
    COMMAND redisrestore __manual > ${generated_manual}
    COMMAND redisrestore completion bash > ${generated_bash}
    COMMAND redisrestore completion zsh > ${generated_zsh}
    DEPENDS redisrestore VERBATIM)
  add_custom_target(manual ALL DEPENDS ${generated_manual} ${generated_bash} ${generated_zsh})
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/man/kubectl-redisrestore.1 CONTENT ".so man1/redisrestore.1\n")
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/man/init-backup.1 CONTENT ".so man1/redisrestore.1\n")
  install(FILES ${generated_manual} ${CMAKE_BINARY_DIR}/man/kubectl-redisrestore.1 ${CMAKE_BINARY_DIR}/man/init-backup.1
    DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
  install(FILES ${generated_bash} DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
  install(FILES ${generated_bash} DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME kubectl-redisrestore)
  install(FILES ${generated_zsh} DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
endif()
install(FILES ${CMAKE_SOURCE_DIR}/README.md ${CMAKE_SOURCE_DIR}/CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY ${CMAKE_SOURCE_DIR}/docs ${CMAKE_SOURCE_DIR}/manifests ${CMAKE_SOURCE_DIR}/charts DESTINATION ${CMAKE_INSTALL_DOCDIR})
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/copyright @ONLY CONTENT
"Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: redisrestore

Files: *
Copyright: the authors of redisrestore
License: Apache-2.0
 On Debian systems the text is in /usr/share/common-licenses/Apache-2.0.
")
install(FILES ${CMAKE_BINARY_DIR}/copyright DESTINATION ${CMAKE_INSTALL_DOCDIR})

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME redisrestore)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "the authors of redisrestore <redisrestore@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY ${PROJECT_DESCRIPTION})
set(CPACK_PACKAGE_DESCRIPTION "A command line tool, a plugin of kubectl, an init container and a Kubernetes controller in one binary: it names the exact pair of objects (RDB and AOF) that a Redis would be restored from, or says why there is none.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS ca-certificates)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "bash-completion, man-db")
include(CPack)
