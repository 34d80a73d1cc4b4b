#!/usr/bin/python
# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: httpd_tls_info
short_description: Find out what TLS set-up an Apache httpd really runs
version_added: 1.0.0
description:
  - Returns the virtual hosts of an Apache httpd, the OCSP stapling settings in effect for each of them, and the
    certificates that they serve with their OCSP responders.
  - httpd itself is asked for its effective configuration, after every C(Include), C(IfModule), C(IfDefine), C(Define)
    and C(Use) of a macro. No configuration file is parsed. Every setting comes with the file and line that httpd names.
  - Nothing is changed, started or reloaded. Three short-lived httpd processes are run side by side, none of which
    serves anything. They have the environment of the running httpd, so that variables which only its unit knows stand
    for the same; nothing of it is returned.
options:
  httpd:
    description:
      - The binary of httpd or its control script, for example V(/usr/sbin/apache2ctl-intranet) for the second instance
        C(apache2-intranet) on Debian.
      - If not given, it is looked for at the usual places of Debian, of Red Hat and its relatives, and of an httpd from
        source, and then in E(PATH). If there is more than one, the one that runs is taken.
    type: path
  config_file:
    description:
      - The main configuration file, as with httpd's option C(-f).
      - If not given, it is the one that the running httpd was started with, or else the compiled-in one.
    type: path
  server_root:
    description:
      - The initial C(ServerRoot), as with httpd's option C(-d).
      - If not given, it is the one that the running httpd was started with, or else the compiled-in one.
      - A directory V(/etc/apache2-NAME) on Debian selects the instance V(NAME).
    type: path
  defines:
    description:
      - More names for C(IfDefine), as with httpd's option C(-D).
      - Those of the running httpd, and on Red Hat those of C(OPTIONS) in C(/etc/sysconfig/httpd), are used anyway.
    type: list
    elements: str
    default: []
  include_in:
    description:
      - A file of the site, or of a hosting panel, that is to get the line which includes the collection's own file.
        Nothing is written; RV(httpd.include_obstacle) says whether it suits.
    type: path
  inspect_certificates:
    description:
      - Whether to read the certificate files.
      - With V(false), RV(certificates) is empty, and no Python library is needed.
    type: bool
    default: true
  require_libraries:
    description:
      - Whether to fail on a host without cryptography.
      - With V(false), what takes it is left out. The dates of certificates are not known then, bundles in PKCS#7 are
        not read, and an issuer counts only where the certificate names its key.
    type: bool
    default: true
  check_keys:
    description:
      - Whether to find out if httpd could start again with the keys and certificates that are on disk now, which C(-t)
        does not tell. See the severity V(fatal) in RV(problems[].severity).
      - Only what has changed since the running httpd has read its configuration is looked at. Keys are read by the
        C(openssl) and C(grep) programs, which hand over their public halves; without C(openssl) they are not compared.
      - Nothing is checked with O(inspect_certificates=false).
    type: bool
    default: true
  timeout:
    description:
      - Seconds after which an httpd that does not answer is killed, with everything that it started. More than V(0), at
        most V(3600).
      - An httpd that has to resolve names, or that has thousands of certificates, may take its time.
    type: float
    default: 120.0
  wait:
    description:
      - Seconds to wait for an httpd that has been started a moment ago and is still reading its configuration. It has a
        process, but no PID file yet. An httpd that has died is not waited for. V(0) to V(3600).
    type: float
    default: 0.0
notes:
  - httpd checks that the files of its configuration are there, and the certificates are read, so this usually needs
    C(become).
  - The configuration has to be one that httpd accepts. If it does not, the module fails with httpd's own message, file
    and line; see RV(code).
  - mod_info has to be installed, but does not have to be loaded. It is part of C(apache2-bin) on Debian, and of
    C(httpd-core) or C(httpd) on Red Hat.
  - A certificate in a token (C(pkcs11:)) and one that mod_md has not obtained yet cannot be inspected. They are
    reported as such in RV(certificates[].problem).
  - RV(problems) is not named C(warnings), because Ansible reserves that key of a result.
seealso:
  - module: stapling.httpd.certificate_ocsp_info
    description: The same for certificates in files and on live servers.
  - module: stapling.httpd.stapled_response_info
    description: What the virtual hosts really staple.
  - plugin: stapling.httpd.stapling_plan
    plugin_type: filter
    description: Decides from the result of this module which virtual hosts can staple.
  - name: OCSP stapling in mod_ssl
    description: The directives whose values in effect are returned.
    link: https://httpd.apache.org/docs/2.4/mod/mod_ssl.html#sslusestapling
  - name: mod_md
    description: Managed domains, and the stapling that mod_md does by itself.
    link: https://httpd.apache.org/docs/2.4/mod/mod_md.html#mdstapling
  - name: RFC 6960
    description: The Online Certificate Status Protocol, and how a certificate names its responders.
    link: https://www.rfc-editor.org/rfc/rfc6960
  - name: RFC 7633
    description: The TLS feature extension that obliges a server to staple.
    link: https://www.rfc-editor.org/rfc/rfc7633
author:
  - stapling.httpd contributors (@stapling-httpd)
extends_documentation_fragment:
  - stapling.httpd.attributes
  - stapling.httpd.attributes.info_module
  - stapling.httpd.cryptography_dep
requirements:
  - mod_info
"""

EXAMPLES = r"""
---
- name: Find out what httpd runs
  stapling.httpd.httpd_tls_info:
  become: true
  register: info

- name: List the virtual hosts that speak TLS, and whether they are to staple
  ansible.builtin.debug:
    msg: "{{ item.id }} ({{ item.source.file }}:{{ item.source.line }}): {{ item.stapling.enabled }}"
  loop: "{{ info.vhosts | selectattr('tls') }}"
  loop_control:
    label: "{{ item.id }}"

- name: List the certificates whose issuer httpd does not find
  ansible.builtin.debug:
    msg: "{{ info.certificates | rejectattr('issuer_available') | map(attribute='path') }}"

- name: Make sure that nothing contradicts itself
  ansible.builtin.assert:
    that: info.problems | selectattr('severity', 'equalto', 'problem') | length == 0
    fail_msg: "{{ info.problems | map(attribute='message') | join('; ') }}"

- name: Look at the second instance of Debian's httpd
  stapling.httpd.httpd_tls_info:
    httpd: /usr/sbin/apache2ctl-intranet
  become: true

- name: Look at an httpd from source with a configuration file of its own, without reading certificates
  stapling.httpd.httpd_tls_info:
    httpd: /opt/httpd/bin/httpd
    config_file: /srv/web/httpd.conf
    defines:
      - WITH_TLS
    inspect_certificates: false
  become: true
"""

RETURN = r"""
---
missing_libraries:
  description:
    - With O(inspect_certificates), the Python libraries that this host lacks for the modules of this collection.
    - Without V(cryptography) this module fails, unless O(require_libraries=false). V(pyOpenSSL) is what
      M(stapling.httpd.stapled_response_info) needs, if that is to run on this host; it is not missing where the
      program C(openssl) can stand in for it.
  returned: success, and when cryptography is missing
  type: list
  elements: str
  sample: []
missing_packages:
  description:
    - What to install for RV(missing_libraries), by the names that the distribution has for the Python which the module
      runs with; V(null) if nothing is missing.
  returned: success, and when cryptography is missing
  type: dict
  sample: null
  contains:
    names:
      description: The packages; none where the distribution is not known.
      type: list
      elements: str
    command:
      description: The command that installs the libraries.
      type: str
httpd:
  description: The httpd that was asked.
  returned: success
  type: dict
  contains:
    binary:
      description: Path of the program.
      type: str
      sample: /usr/sbin/apache2
    control:
      description:
        - How to run this httpd with its environment, its defines and its configuration, as a list of arguments.
        - Append options such as C(-t), or C(-k) and C(graceful).
      type: list
      elements: str
      sample:
        - /usr/sbin/apache2ctl
    version:
      description: Version of httpd.
      type: str
      sample: 2.4.62
    layout:
      description:
        - Which layout the installation follows.
        - V(null) for one that is not known.
      type: str
      choices:
        - debian
        - redhat
        - upstream
    instance:
      description: Name of the instance of a second httpd on Debian, V(null) for the first.
      type: str
      sample: intranet
    config_file:
      description: The main configuration file.
      type: str
      sample: /etc/apache2/apache2.conf
    server_root:
      description: ServerRoot.
      type: str
      sample: /etc/apache2
    conf_include_dir:
      description:
        - Directory whose C(*.conf) files are read at server level, V(null) if there is none.
        - One of which every file is read, whatever its name, does not count; a copy of a file would be read as well.
      type: str
      sample: /etc/apache2/conf-enabled
    drop_in:
      description: Path of the collection's own file with directives for the whole server, whether it is there or not.
      type: str
      sample: /etc/apache2/conf-enabled/zz-ocsp-stapling.conf
    include_in:
      description:
        - The file that includes RV(httpd.drop_in) by a line of the collection, or would get such a line.
        - It is O(include_in), the file in which that line stands already, the file that a panel leaves to the site, or
          the main file.
        - V(null) where a directory of drop-ins is read, and where there is no file for it.
      type: str
      sample: /etc/httpd/conf/extra/httpd-includes.conf
    include_obstacle:
      description:
        - Why RV(httpd.drop_in) cannot be included, V(null) if it can.
        - The main file, or O(include_in), is generated by a hosting panel (V(panel_generated)); or httpd does not read
          O(include_in) at server level (V(include_in_unfit)).
      type: dict
      contains:
        code:
          description: Stable word for it.
          type: str
          choices:
            - panel_generated
            - include_in_unfit
        message:
          description: A sentence with the file and what to do.
          type: str
    copies_read:
      description:
        - The configuration files beside which httpd would read a copy as well, whatever its name, because an
          C(Include) names their whole directory instead of a pattern such as C(*.conf).
        - Nobody should leave a copy there, not even for a moment. A second C(Listen), for example, keeps httpd from
          starting.
      type: list
      elements: dict
      contains:
        path:
          description: The configuration file.
          type: str
          sample: /etc/httpd/sites/www.example.org.conf
        file:
          description: The file with that C(Include).
          type: str
          sample: /etc/httpd/conf/httpd.conf
        line:
          description: The line in that file.
          type: int
          sample: 353
    modules_dir:
      description:
        - Directory of the loadable modules, V(null) for an httpd that has all of them built in.
        - It is that from which the running httpd has loaded mod_ssl.
      type: str
      sample: /usr/lib/apache2/modules
    runtime_dir:
      description: Directory for files that exist while httpd runs.
      type: str
      sample: /var/run/apache2
    pid_file:
      description: PidFile.
      type: str
      sample: /var/run/apache2/apache2.pid
    pid:
      description: PID of the main process, V(null) if it does not run.
      type: int
      sample: 4711
    running:
      description: Whether the process that RV(httpd.pid_file) names is alive, and is httpd.
      type: bool
    service:
      description:
        - The systemd unit to which the running httpd belongs, or else the one that would start it.
        - V(null) if systemd does not run here, or has nothing to do with the running httpd.
      type: str
      sample: apache2.service
    served_by:
      description:
        - Who starts httpd again when it has ended.
        - V(systemd) is the unit RV(httpd.service), V(sysvinit) and V(openrc) are init scripts, V(runit) and
          V(supervisord) watch over it as a child of theirs, V(pid1) is the main process of a container, V(bare) is
          nobody.
        - V(other) is a program under which it runs in the foreground, and which is not known to restart it.
        - V(null) for one that does not run and has no unit.
      type: str
      choices:
        - systemd
        - sysvinit
        - openrc
        - runit
        - supervisord
        - pid1
        - bare
        - other
    served_as:
      description: Name of the unit, script, service directory or program that httpd is there, V(null) if it has none.
      type: str
      sample: apache2.service
    restart_command:
      description:
        - The command that has httpd restarted by whoever serves it, as a list of arguments.
        - Empty for V(bare), which has to be stopped and started by RV(httpd.control), and where it cannot be restarted.
      type: list
      elements: str
      sample:
        - systemctl
        - restart
        - apache2.service
    can_restart:
      description: Whether httpd can be restarted without a person.
      type: bool
    restart_obstacle:
      description:
        - Why it cannot, as a sentence, or V(null).
        - Its end would be that of its container; its supervisor is not known; a key is encrypted; or there is something
          on disk that it could not start with (O(check_keys)).
      type: str
    network_obstacle:
      description:
        - Why httpd itself may not connect to responders, while other programs may, as a sentence, or V(null).
        - It is that of SELinux, if it is enforcing, httpd runs as C(httpd_t), and C(httpd_can_network_connect) is off.
      type: str
    error_logs:
      description: The files among the error logs of the server and of its virtual hosts.
      type: list
      elements: str
      sample:
        - /var/log/apache2/error.log
    user:
      description:
        - User that serves requests, or its number if it has no name.
        - It is that of the running processes. C(User) has no effect in an httpd that was not started as root.
      type: str
      sample: www-data
    group:
      description: Group that serves requests.
      type: str
      sample: www-data
    mpm:
      description: The multi-processing module.
      type: str
      sample: event
    modules:
      description: Names of the loaded modules.
      type: list
      elements: str
      sample:
        - ssl_module
        - socache_shmcb_module
    defines:
      description: The defines with which httpd was asked.
      type: list
      elements: str
      sample:
        - WITH_TLS
    listen:
      description: Every C(Listen), V(*) for any address.
      type: list
      elements: dict
      contains:
        address:
          description: The address.
          type: str
          sample: "*"
        port:
          description: The port.
          type: int
          sample: 443
        protocol:
          description: The protocol, which is C(https) for port 443 unless it is given.
          type: str
          sample: https
stapling:
  description: OCSP stapling at server level.
  returned: success
  type: dict
  contains:
    enabled:
      description: Whether C(SSLUseStapling) is on at server level.
      type: bool
    settings:
      description: All settings in effect at server level, with the keys of RV(vhosts[].stapling).
      type: dict
    sources:
      description: For each setting that is set at server level, where; like RV(vhosts[].stapling.sources).
      type: dict
    cache:
      description: The argument of the C(SSLStaplingCache) in effect, V(null) if there is none.
      type: str
      sample: shmcb:/var/run/apache2/stapling_cache(128000)
    cache_provider:
      description: The kind of cache.
      type: str
      sample: shmcb
    cache_path:
      description: What follows the kind, without the size.
      type: str
      sample: /var/run/apache2/stapling_cache
    cache_bytes:
      description: Size of a C(shmcb) cache, explicit or the default of httpd.
      type: int
      sample: 128000
    socache_modules:
      description: The loaded modules that can provide a cache.
      type: list
      elements: str
      sample:
        - socache_shmcb_module
    managed_files:
      description: Files with directives about stapling that this collection wrote as a whole.
      type: list
      elements: dict
      contains:
        path:
          description: The file.
          type: str
          sample: /etc/apache2/conf-enabled/zz-ocsp-stapling.conf
        sha256:
          description: Digest of its content, V(null) if it is no plain file.
          type: str
        mode:
          description: Its permissions.
          type: str
          sample: "0644"
        uid:
          description: Its owner.
          type: int
        gid:
          description: Its group.
          type: int
    directives:
      description: Every directive about stapling, at server level and in virtual hosts, also those of mod_md.
      type: list
      elements: dict
      contains:
        name:
          description: Name of the directive.
          type: str
          sample: SSLUseStapling
        arguments:
          description: Its arguments as they stand in the configuration, with their quotes.
          type: str
          sample: "on"
        value:
          description: Its first argument without quotes.
          type: str
          sample: "on"
        file:
          description: File in which it stands; for one that a macro made, where the macro is used.
          type: str
        line:
          description: Line in that file.
          type: int
        macro:
          description: Name of the macro that made it.
          type: str
        section:
          description: Arguments of the C(MDomain) section in which it stands.
          type: str
        vhost:
          description: RV(vhosts[].id) of the virtual host in which it stands, V(null) for server level.
          type: str
        managed:
          description: Whether this collection has put it there.
          type: bool
        tool:
          description: The tool whose mark stands above it or at the top of the file, such as V(Puppet), or V(null).
          type: str
        replaced:
          description:
            - Whether it is a comment now, since this collection has written another one below it. It comes back when
              that one is taken out.
          type: bool
        precedes_managed:
          description:
            - At server level, whether httpd reads it before the collection's own file, or would read it before that.
              Of two settings httpd keeps the one that it reads last.
            - V(null) in a virtual host, and where that cannot be told.
          type: bool
    pending:
      description:
        - Whether an interrupted run has written something that the running httpd may not have read yet.
        - That is so when the collection's own file has changed since httpd has last started or reloaded, or when there
          are RV(stapling.leftovers).
        - It is also so when something else has removed that file since, see RV(stapling.lost_files).
      type: bool
    lost_files:
      description:
        - The collection's own files with C(SSLStaplingCache) that something else has removed, by the record that
          M(stapling.httpd.httpd_stapling_write) keeps.
        - An httpd that has started with such a file does not survive a reload without it, unless another file sets a
          cache.
      type: list
      elements: str
    ended_without_cache:
      description:
        - Whether httpd has ended by itself, and its configuration is one of which it ends for lack of
          C(SSLStaplingCache).
      type: bool
    leftovers:
      description:
        - Copies of configuration files that an interrupted run has made and not removed, newest first.
        - A copy that holds anything that its file does not hold, the collection's own lines aside, is not among them.
      type: list
      elements: dict
      contains:
        path:
          description: The file that was copied.
          type: str
        backup_file:
          description: The copy.
          type: str
    mod_md:
      description: What mod_md does about stapling.
      type: dict
      contains:
        loaded:
          description: Whether mod_md is loaded.
          type: bool
        stapling:
          description: Whether C(MDStapling) is on. mod_md staples then, whatever C(SSLUseStapling) says.
          type: bool
        staple_others:
          description: Whether it would staple certificates that it does not manage, too.
          type: bool
        store:
          description:
            - The directory in which it keeps certificates, and OCSP responses in C(ocsp).
            - Relative paths have been completed; it need not be there.
          type: str
          sample: /etc/apache2/md
vhosts:
  description:
    - Every virtual host in the order of the configuration.
    - The main server comes first, if C(SSLEngine) is on at server level.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: A unique name.
      type: str
      sample: www.example.org:443
    main:
      description: Whether this is the main server.
      type: bool
    names:
      description: C(ServerName) and every C(ServerAlias), in lower case, wildcards as they are. Empty if there is
        none.
      type: list
      elements: str
      sample:
        - www.example.org
        - "*.shop.example.org"
    server_name:
      description: The name that httpd uses for it, which is made up by httpd if there is no C(ServerName).
      type: str
      sample: www.example.org
    addresses:
      description:
        - The addresses and ports that it is reached by, V(*) for any address.
        - Names in the configuration are resolved by httpd. One without a port has the ports of every C(Listen) that
          no other
          virtual host claims.
      type: list
      elements: dict
      contains:
        address:
          description: The address, without brackets.
          type: str
          sample: "*"
        port:
          description: The port.
          type: int
          sample: 443
    default_for:
      description: Those of its addresses at which it answers clients that ask for an unknown name, or for none.
      type: list
      elements: dict
      contains:
        address:
          description: The address.
          type: str
        port:
          description: The port.
          type: int
    source:
      description: Where it stands. All are V(null) for the main server.
      type: dict
      contains:
        file:
          description: The file; for one that a macro made, the file in which the macro is used.
          type: str
        line:
          description: The line in that file.
          type: int
        macro:
          description: Name of the macro that made it.
          type: str
        tool:
          description:
            - The tool whose mark stands at the top of the file or above the section, if it speaks TLS.
            - Such a tool may write the file again, without what others have put into it.
          type: str
          sample: Ansible
        panel:
          description:
            - The hosting panel that generates the file, V(null) if none does.
            - cPanel, DirectAdmin, Plesk and ISPConfig are known by the comment at the top of their files, or by their
              place.
          type: dict
          contains:
            name:
              description: Name of the panel.
              type: str
              sample: Plesk
            place:
              description: Where that panel keeps what the site adds to a virtual host.
              type: str
    tls:
      description: Whether it speaks TLS, by C(SSLEngine), or else by the protocol of the C(Listen).
      type: bool
    ssl_engine:
      description: The C(SSLEngine) in effect in lower case, V(null) if there is none.
      type: str
      sample: "on"
    ssl_protocols:
      description: The arguments of the C(SSLProtocol) in effect, V(null) if there is none.
      type: str
      sample: all -SSLv3
    proxy_protocol:
      description:
        - Whether clients have to send the line of the PROXY protocol first (C(RemoteIPProxyProtocol On), here or in a
          virtual host with the same address).
      type: bool
    proxy_protocol_exceptions:
      description: Addresses and networks of clients that do not send it (C(RemoteIPProxyProtocolExceptions)).
      type: list
      elements: str
    stapling:
      description: The stapling settings in effect, after inheritance and with httpd's defaults.
      type: dict
      contains:
        enabled:
          description: C(SSLUseStapling).
          type: bool
        return_responder_errors:
          description: C(SSLStaplingReturnResponderErrors).
          type: bool
        fake_try_later:
          description: C(SSLStaplingFakeTryLater).
          type: bool
        responder_timeout:
          description: C(SSLStaplingResponderTimeout), in seconds.
          type: int
        response_time_skew:
          description: C(SSLStaplingResponseTimeSkew), in seconds.
          type: int
        response_max_age:
          description: C(SSLStaplingResponseMaxAge), in seconds.
          type: int
        standard_cache_timeout:
          description: C(SSLStaplingStandardCacheTimeout), in seconds.
          type: int
        error_cache_timeout:
          description: C(SSLStaplingErrorCacheTimeout), in seconds.
          type: int
        force_url:
          description: C(SSLStaplingForceURL).
          type: str
        proxy_url:
          description: C(SSLOCSPProxyURL).
          type: str
        sources:
          description:
            - For each of these keys that is set in the virtual host itself, a dictionary with C(file), C(line),
              C(macro), and C(managed) (whether this collection has set it).
            - What is not in there is inherited from server level, see RV(stapling.sources), or is a default of httpd.
          type: dict
    certificate_files:
      description: Paths of its certificate files in the order of the configuration, also those inherited from server
        level.
      type: list
      elements: str
    chain_file:
      description: C(SSLCertificateChainFile). It hides a chain that stands behind the certificate in its own file.
      type: str
    ca_file:
      description: C(SSLCACertificateFile).
      type: str
    ca_path:
      description: C(SSLCACertificatePath).
      type: str
    managed_domain:
      description: The C(MDomain) from which its certificates come.
      type: str
    key_types:
      description: The types of keys of its certificates.
      type: list
      elements: str
      sample:
        - rsa
        - ecdsa
    certificates:
      description:
        - Its certificates, as RV(certificates[].fingerprint_sha256), or as RV(certificates[].path) where one could
          not be read.
        - Of several with the same type of key, httpd serves the last, and only that one is listed.
      type: list
      elements: str
certificates:
  description: Every certificate once, whatever number of virtual hosts use it.
  returned: success
  type: list
  elements: dict
  contains:
      path:
        description: File in which the certificate stands, as an absolute path.
        type: str
        sample: /etc/ssl/site/fullchain.pem
      endpoint:
        description: Always V(null) here.
        type: str
      subject:
        description: Subject as in RFC 4514, the common name usually first.
        type: str
        sample: CN=www.example.org,O=Example
      issuer:
        description: Issuer as in RFC 4514.
        type: str
        sample: CN=Example Issuing CA,O=Example
      serial_number:
        description: Serial number in lower-case hexadecimal digits.
        type: str
        sample: 0a1b2c3d
      fingerprint_sha256:
        description: SHA-256 of the certificate in lower-case hexadecimal digits without separators.
        type: str
        sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
      not_before:
        description: Start of validity, in UTC, as ISO 8601.
        type: str
        sample: "2026-01-01T00:00:00Z"
      not_after:
        description: End of validity, in UTC, as ISO 8601.
        type: str
        sample: "2026-12-31T23:59:59Z"
      key_type:
        description: Type of the public key. V(unknown) for one that the installed cryptography does not know.
        type: str
        sample: ecdsa
        choices:
          - rsa
          - ecdsa
          - ed25519
          - ed448
          - dsa
          - unknown
      key_bits:
        description: Size of the public key in bits.
        type: int
        sample: 256
      subject_alt_names:
        description: Subject alternative names, each with its kind.
        type: list
        elements: str
        sample:
          - "DNS:www.example.org"
          - "IP:192.0.2.1"
      self_signed:
        description: Whether the certificate carries a signature of its own key.
        type: bool
      is_ca:
        description: Whether the certificate is that of a certificate authority.
        type: bool
      expired:
        description: Whether its validity has ended.
        type: bool
      not_yet_valid:
        description: Whether its validity has not begun.
        type: bool
      ocsp_responders:
        description: Every URI of an OCSP responder, in the order of the certificate. Stapling uses the first.
        type: list
        elements: str
        sample:
          - http://ocsp.example.org/
      ocsp_endpoints:
        description: The same URIs taken apart, in the same order.
        type: list
        elements: dict
        contains:
          uri:
            description: The URI.
            type: str
            sample: http://ocsp.example.org/
          scheme:
            description: The scheme in lower case. httpd staples from C(http) only.
            type: str
            sample: http
          host:
            description: Name or address of the host, in lower case and ASCII, without brackets or a trailing dot.
            type: str
            sample: ocsp.example.org
          port:
            description: The port, explicit or that of the scheme.
            type: int
            sample: 80
          problem:
            description:
              - Why the URI leads to no endpoint, or V(null).
              - One of V(empty), V(too_long), V(control_characters), V(invalid_characters), V(no_scheme),
                V(unknown_scheme),
                V(no_host), V(invalid_host), and V(invalid_port).
            type: str
          warnings:
            description: What was changed on the way, of V(userinfo_dropped), V(idna), and V(trailing_dot).
            type: list
            elements: str
      ca_issuers:
        description: Every URI at which the issuer's certificate can be fetched, in the order of the certificate.
        type: list
        elements: str
      must_staple:
        description: Whether the certificate obliges its server to staple (TLS feature C(status_request)).
        type: bool
      issuer_available:
        description:
          - Whether httpd finds the issuer's certificate, which stapling needs. It looks behind the certificate in its
            file, or in C(SSLCertificateChainFile) instead, and then in C(SSLCACertificateFile) and
            C(SSLCACertificatePath), of any virtual host with this certificate; never in the trust store of the system.
          - As for httpd, an issuer has the right name, the key that the certificate names (authority key identifier),
            and may sign certificates. Where the identifier is the digest of the key, it settles which key is meant, and
            the signature is not verified. Where it is not, or there is none, the signature has to verify; httpd, which
            never verifies it, then takes any certificate of the right name.
        type: bool
      issuer_path:
        description: File in which it finds it.
        type: str
        sample: /etc/ssl/site/fullchain.pem
      problem:
        description:
          - Why there is no certificate, or V(null). All fields that a certificate would fill are V(null) or empty
            then.
          - One of V(not_found), V(unreadable), V(not_a_file), V(too_large), V(empty), V(not_a_certificate), V(pkcs11)
            (the certificate is in a token), V(judge_failed) (this collection could not cope with it), and V(md_pending)
            (mod_md has not obtained it yet).
        type: str
      problem_message:
        description: The same as a sentence.
        type: str
      warnings:
        description:
          - What is odd about the certificate, for example a responder that is not a URI, or an extension that cannot
            be read.
          - Texts from certificates are shown with everything but printable ASCII escaped.
        type: list
        elements: dict
        contains:
          code:
            description: A stable word.
            type: str
            sample: not_a_uri
          message:
            description: A sentence.
            type: str
problems:
  description: What is contradictory, dangerous or unreadable.
  returned: success
  type: list
  elements: dict
  contains:
    code:
      description:
        - A stable word.
        - V(several_caches), V(cache_without_module), V(stapling_without_cache), V(explicit_off), V(mod_md_active),
          and V(foreign_directive) are about directives.
        - V(stapling_overridden) is a C(SSLUseStapling off) at server level behind the collection's own C(on).
        - V(must_staple_off) is a virtual host that the site has switched off, and whose certificate obliges it to
          staple.
        - V(managed_file_missing) and V(managed_lines_missing) are a drop-in of the collection that something else has
          removed, or has rewritten without its C(SSLStaplingCache), with which httpd may still run.
        - V(key_mismatch), V(key_unreadable), and V(certificate_damaged) keep httpd from starting again, and
          V(key_encrypted) does so without a person (O(check_keys)).
        - V(certificate_) with a RV(certificates[].problem) is about a certificate of a virtual host.
        - V(sslengine_optional), V(tls_on_port_80), V(no_certificate_file), V(main_server_unreachable),
          V(vhost_unreachable), and V(key_encrypted) are remarks.
      type: str
      sample: several_caches
    severity:
      description:
        - V(fatal) for what httpd would not survive at its next reload or start.
        - V(remark) for what is allowed, but probably not what was meant.
        - V(problem) for everything else.
      type: str
      choices:
        - fatal
        - problem
        - remark
    message:
      description: A sentence.
      type: str
    vhost:
      description: RV(vhosts[].id) of the virtual host that is concerned.
      type: str
    file:
      description: The file that is concerned.
      type: str
    line:
      description: The line in that file.
      type: int
code:
  description:
    - Why the module failed.
    - One of V(httpd_not_found), V(httpd_not_executable), V(not_httpd), V(unsupported_httpd) (IBM HTTP Server, Oracle
      HTTP Server, a snap, NixOS), V(timeout), V(config_invalid), V(mod_info_missing), and
      V(dump_unreadable).
  returned: failure of httpd
  type: str
  sample: config_invalid
file:
  description: The file that httpd complains about.
  returned: failure of httpd
  type: str
line:
  description: The line that httpd complains about.
  returned: failure of httpd
  type: int
httpd_output:
  description: What httpd said, unshortened.
  returned: failure of httpd
  type: str
"""

import gc

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.stapling.httpd.plugins.module_utils._cryptography_dep import (
    MINIMUM_CRYPTOGRAPHY,
    assert_cryptography,
    cryptography_at_least,
)
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.errors import HttpdError
from ansible_collections.stapling.httpd.plugins.module_utils._httpd.query import Question, Request


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "httpd": {"type": "path"},
            "config_file": {"type": "path"},
            "server_root": {"type": "path"},
            "defines": {"type": "list", "elements": "str", "default": []},
            "include_in": {"type": "path"},
            "inspect_certificates": {"type": "bool", "default": True},
            "require_libraries": {"type": "bool", "default": True},
            "check_keys": {"type": "bool", "default": True},
            "timeout": {"type": "float", "default": 120.0},
            "wait": {"type": "float", "default": 0.0},
        },
        supports_check_mode=True,
    )
    if module.params["inspect_certificates"] and module.params["require_libraries"]:
        assert_cryptography(module)
    if not 0 < module.params["timeout"] <= 3600:
        module.fail_json(msg="timeout has to be more than 0 and at most 3600 seconds")
    if not 0 <= module.params["wait"] <= 3600:
        module.fail_json(msg="wait has to be at least 0 and at most 3600 seconds")
    request = Request(
        program=module.params["httpd"],
        config_file=module.params["config_file"],
        server_root=module.params["server_root"],
        defines=tuple(module.params["defines"]),
        include_in=module.params["include_in"],
        inspect_certificates=module.params["inspect_certificates"],
        check_keys=module.params["check_keys"],
        timeout=module.params["timeout"],
        wait=module.params["wait"],
    )
    # Thousands of small objects live to the end of a short process: looking for garbage among them, while they are made
    # and once more at the end, is a fifth of the work.
    gc.disable()
    try:
        question = Question(request)
        # httpd is at work for longer than it takes to load what its answers are for.
        from ansible_collections.stapling.httpd.plugins.module_utils._httpd.info import tls_info
        from ansible_collections.stapling.httpd.plugins.module_utils._packages import packages_for
        from ansible_collections.stapling.httpd.plugins.module_utils._process import find_program
        from ansible_collections.stapling.httpd.plugins.module_utils._pyopenssl_dep import pyopenssl_usable

        result = tls_info(question)
    except HttpdError as error:
        module.fail_json(
            msg=error.message, code=error.code, file=error.file, line=error.line, httpd_output=error.output
        )
    # Who looks at certificates means to confirm what is made of them: better to know now than after a change.
    missing = []
    if request.inspect_certificates and not cryptography_at_least(MINIMUM_CRYPTOGRAPHY):
        missing = ["cryptography", "pyOpenSSL"]
    elif request.inspect_certificates and not pyopenssl_usable() and find_program("openssl") is None:
        missing = ["pyOpenSSL"]
    packages = packages_for(missing)._asdict() if missing else None
    gc.freeze()
    module.exit_json(changed=False, missing_libraries=missing, missing_packages=packages, **result)


if __name__ == "__main__":
    main()
