f() { echo "f got $# $1"; }
f a b; f
g() { return 4; }
g; echo $?
h() ( exit 5 )
h; echo $?
k() { local v=inner; echo $v; v=changed; }
v=outer; k; echo $v
rec() { [ $1 -eq 0 ] && return; echo $1; rec $(($1 - 1)); }
rec 3
set -- keep; f x; echo $1
r() { for i in 1 2 3; do [ $i = 2 ] && return 9; echo $i; done; }
r; echo $?
redir() { echo out; echo err >&2; } 2>&1
redir
if f cond; then echo ok; fi
f x | wc -w
unset -f f; f 2>/dev/null; echo $?
a=1; inc() { a=$((a+1)); }; inc; inc; echo $a
