#!/bin/sh
# Copyright: (c) 2026, stapling.httpd contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Makes an authority, others that have its name but not its key or its rights, and a certificate for each virtual host of
# issuers.conf, in the directory that is its argument.
set -eu
mkdir -p "$1"
cd "$1"

make() { # NAME SUBJECT EXTENSIONS [ISSUER]: NAME.pem and NAME.key
    printf '%s\n' "$3" >"$1.ext"
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -subj "$2" -out "$1.csr" 2>/dev/null
    if [ $# -gt 3 ]; then
        openssl x509 -req -in "$1.csr" -CA "$4.pem" -CAkey "$4.key" -CAcreateserial -days 30 -extfile "$1.ext" -out "$1.pem" 2>/dev/null
    else
        openssl x509 -req -in "$1.csr" -signkey "$1.key" -days 30 -extfile "$1.ext" -out "$1.pem" 2>/dev/null
    fi
}

authority='basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign'
leaf='authorityInfoAccess = OCSP;URI:http://ocsp.lab.test/'
identified='subjectKeyIdentifier = hash'

make ca "/CN=Authority" "$authority
$identified"
# The same name and another key, with an identifier of that key and without any.
make impostor "/CN=Authority" "$authority
$identified"
make nameless "/CN=Authority" "$authority"
# The very key, but no right to sign certificates.
openssl req -new -key ca.key -subj "/CN=Authority" -out unfit.csr
printf 'basicConstraints = critical,CA:true\nkeyUsage = critical,cRLSign\nsubjectKeyIdentifier = hash\n' >unfit.ext
openssl x509 -req -in unfit.csr -signkey ca.key -days 30 -extfile unfit.ext -out unfit.pem 2>/dev/null

for name in inside together wrong cafile capath unhashed unfit-leaf inherited; do
    make "$name" "/CN=$name" "$leaf
authorityKeyIdentifier = keyid" ca
done
make nokeys "/CN=nokeys" "$leaf
authorityKeyIdentifier = none" ca
cat ca.pem >>inside.pem
cat ca.pem together.key >>together.pem
cat ca.pem >>wrong.pem
cat ca.pem >>inherited.pem
ln -sf inside.pem link.pem
mkdir -p hashed unhashed-cas
cp ca.pem hashed
openssl rehash hashed
cp ca.pem unhashed-cas
