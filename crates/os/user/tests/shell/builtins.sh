cd /; pwd; cd /tmp; cd - ; echo $OLDPWD
export E=1; sh -c 'echo $E'
N=2; sh -c 'echo "[$N]"'
N=3 sh -c 'echo $N'; echo $N
unset N; echo "${N-gone}"
X=temp eval 'echo $X'; 
eval 'a=1; b=2'; echo $a$b
set -- a b c d; shift; echo $*; shift 2; echo $* $#
echo 'echo sourced $1; return 3' > $TMP/src; . $TMP/src; echo $?
test 1 -eq 1 && [ a = a ] && [ ! a = b ] && [ -n x ] && [ -z "" ] && [ x ] && echo tests
[ ]; echo $?
[ 1 -gt 2 -o 3 -gt 2 ] && echo or
[ 1 -gt 2 -a 3 -gt 2 ] || echo and
[ \( 1 = 1 \) ] && echo parens
[ -d /tmp ] && [ ! -f /tmp ] && [ -e /dev/null ] && [ -c /dev/null ] && echo files
true; : ; echo $?
(trap 'echo bye' EXIT; echo hi)
sh -c 'exit 42'; echo $?
sh -c 'kill -TERM $$'; echo $?
sh -c 'set -e; false; echo no'; echo $?
sh -c 'set -e; if false; then :; fi; false || true; ! true; echo yes'; echo $?
sh -c 'set -u; echo $undefined; echo no' 2>/dev/null; echo after
command -v cd; command echo x
exec 2>/dev/null; nosuchprogram; echo $?
/tmp; echo $?
