# What the first file system, a tmpfs, has to be able to do.
cd $TMP
# names
touch a b; mkdir -p d/e; ln -s d/e l; ls; ls l; touch l/x; ls d/e; cat l; ls -d l/; ls -ld l | grep -c 'l -> d/e$'
ln -s loop loop; cat loop; ln -s dangling dang; cat dang; echo made > dang; cat dangling; ln -s $TMP/b abs; echo b > abs; cat b
ln -s / root; ls -d root/bin; cat root/etc/os-release; cd l; pwd; cd ..; pwd; cd $TMP
n=$(seq 60 | while read i; do echo -n xxxxx; done); touch $n; ls -d xxxx* | wc -c; touch y$n; n=$(seq 51 | while read i; do echo -n xxxxx; done); touch $n && rm $n; echo $?
mkdir a; mkdir d/e/f/g; rmdir d; rmdir nope; rm d; cat d; cat d/e/; cat a/b; ls a/b; cd a; ln d hard; rmdir a; mkdir ''; touch ''; cat ''
mkdir .; rmdir .; rmdir d/..; rm ..; mv d d/e; mv d a; mv a d; ls d; mv d/a a; ls -d a; mv nope x; mv a nope/x; ln nope x; ln a b
touch x y; echo 1 > x; mv x y; cat y; mkdir m1 m2; touch m2/f; mv m1 m2; ls m2; mkdir m1; rmdir m2/m1; mv m2 m1; ls m1
# open files outlive their names
echo content > f; exec 3< f; rm f; cat f; cat <&3; exec 3<&-
exec 4> g; echo one >&4; rm g; echo two >&4; ls g; exec 4>&-
mkdir gone; cd gone; rmdir ../gone; ls; touch x; pwd > /dev/null; cd ..; cd $TMP
# position and append
echo 123456789 > f; exec 3<> f; read x <&3; echo $x; echo abc >&3; cat f; exec 3>&-; (echo a; echo b) > f; (echo c; echo d) >> f; cat f
exec 5> p; exec 6> p; echo longer >&5; echo x >&6; cat p; exec 5>> q; exec 6>> q; echo 1 >&5; echo 2 >&6; cat q
# sizes
seq 100000 > big; wc -c < big; tail -n 1 big; cp big big2; cat big big2 | wc -l; > big; wc -c < big; ls -l big2 | grep -c 588895; rm big2
# modes
chmod 0 a; ls -l a | grep -c '^----------'; cat a > /dev/null; echo $?; chmod 644 nope
ls -l /dev/null | grep -c '^crw-rw-rw-.* 1,  *3 '; ls -ld /proc | grep -c '^dr-xr-xr-x'; ls -ld $TMP | grep -c '^drwxr-xr-x'
# links count
touch h1; ln h1 h2; ln h1 h3; ls -l h1 | grep -c '^-[rwx-]*  *3 '; rm h2; ls -l h1 | grep -c '^-[rwx-]*  *2 '; ls -ld m1 | grep -c '^d[rwx-]*  *3 '; echo via > h3; cat h1
# what cannot be done
echo x > /proc/uptime; echo $?; touch /proc/x; mkdir /proc/x; rm /proc/self/stat; echo > d; cat < nope; echo x > nope/y; chmod 644 /proc/self/nope
ls /dev | grep -c '^null$\|^zero$\|^console$\|^tty$\|^ttyS0$'; echo x > /dev/full; cat /dev/tty; echo $?
# pipes
seq 20000 | cat | wc -l; (seq 100000; echo wrote $? >&2) 2> /dev/null | head -n 1; true | cat; cat < /dev/null | wc -c; echo x | true; echo $?
sleep 0.2 | echo fast; (sleep 0.1; echo slow) | cat; { echo 1; sleep 0.1; echo 2; } | while read x; do echo got $x; done
i=0; while [ $i -lt 40 ]; do touch many$i; i=$((i+1)); done; ls many* | wc -l; rm many*; ls many*
i=0; p=$TMP; while [ $i -lt 30 ]; do p=$p/deep; mkdir $p; i=$((i+1)); done; cd $p; pwd | wc -c; cd $TMP; rm -r deep; ls -d deep
