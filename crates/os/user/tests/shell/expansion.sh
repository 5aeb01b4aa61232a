unset a b
echo "${a-unset}" "${a:-empty}" "${a+set}" "[${a:+set}]"
a=
echo "[${a-unset}]" "${a:-empty}" "${a+set}" "[${a:+set}]"
a=x
echo "${a-unset}" "${a:-empty}" "${a+set}" "${a:+set}"
echo "${b=given}" "$b" "${b:=again}"
p=/usr/lib/libfoo.so.1
echo "${p##*/}" "${p#*/}" "${p%/*}" "${p%%.*}" "${#p}" "${p%.nothing}"
q='*'; r='a*b'
echo "${r#a$q}" "${r#"a*"}"
echo "${a:-"x y"}" ${z:-x y} "${z:-x 'y'}"
s='  lead and   trail  '
set -- $s; echo $#
for w in $s; do echo "<$w>"; done
v=1:2::3
IFS=:; set -- $v; echo $# "$1" "$3" "$4"; unset IFS
echo $(echo one; echo two) "$(echo one; echo two; echo; echo)"
x=$(false); echo $?
x=$(exit 3) && echo no; echo $?
y=a$(echo b)c; echo $y
echo "$0" | wc -l
false; echo $? $?
(exit 7); echo $?
echo ${10-ten} 
set -- 1 2 3 4 5 6 7 8 9 10 11; echo $10 ${10} ${11} $#
